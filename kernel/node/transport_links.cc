#include "kernel/node/transport_links.h"

#include <algorithm>
#include <utility>

namespace stator {
namespace {

constexpr std::chrono::seconds kAvoidFor{1};
constexpr Duration kShortest = std::chrono::milliseconds(1);
constexpr Duration kLongest = std::chrono::seconds(1);

// A running estimate of the 99th percentile: each answer above it raises it by a step, each below lowers it by a 99th
// of one, so it rests where one in a hundred is above. The step is a share of the estimate itself. (Robbins, Monro,
// 1951.)
Duration moved_p99(Duration estimate, Duration took) {
  const Duration step = estimate / 20;
  return std::clamp(took > estimate ? estimate + step : estimate - step / 99, kShortest, kLongest);
}

}  // namespace

TransportLinks::TransportLinks(Executor& executor, Transport& carrier, AddressOf address_of, Observe observe)
    : executor_(executor), carrier_(carrier), address_of_(std::move(address_of)), observe_(std::move(observe)) {}

void TransportLinks::call(const std::string& node, PeerCall call, Done done) {
  const std::string address = address_of_(node);
  if (address.empty()) {
    executor_.post([node, done = std::move(done)]() mutable {
      done(Status(Code::unavailable, node + " has no address for the peer transport"));
    });
    return;
  }
  const auto begun = executor_.now();
  carrier_.call(address, std::move(call.frame), call.deadline,
                [this, node, method = call.method, begun, done = std::move(done)](Result<Frame> reply) mutable {
                  const Duration took = executor_.now() - begun;
                  note(node, reply.status(), took);
                  if (observe_) observe_(node, method, took);
                  done(std::move(reply));
                });
}

void TransportLinks::note(const std::string& node, const Status& outcome, Duration took) {
  Peer& peer = peers_[node];
  if (outcome.is_ok()) {
    peer.avoid_until = {};
    peer.p99 = moved_p99(peer.p99, took);
  } else {
    peer.avoid_until = executor_.now() + kAvoidFor;
  }
}

bool TransportLinks::likely_up(const std::string& node) const {
  auto peer = peers_.find(node);
  return peer == peers_.end() || peer->second.avoid_until <= executor_.now();
}

bool TransportLinks::answered_last(const std::string& node) const {
  const auto peer = peers_.find(node);
  return peer == peers_.end() || peer->second.avoid_until == TimePoint();
}

Duration TransportLinks::p99(const std::string& node) const {
  auto peer = peers_.find(node);
  return peer == peers_.end() ? Duration(std::chrono::milliseconds(10)) : peer->second.p99;
}

}  // namespace stator
