#include "dialer.h"

#include <algorithm>
#include <utility>

#include "statuses.h"

namespace stator::grpc_transport {
namespace {

constexpr Duration kFirstBackoff = std::chrono::milliseconds(100);
constexpr Duration kLongestBackoff = std::chrono::seconds(1);
// What an envelope, its batch and gRPC add to a frame.
constexpr std::size_t kOverhead = 64;

}  // namespace

void Dialer::call(const std::string& address, Frame request, TimePoint deadline, Transport::Done done) {
  Host& host = wiring_.host;
  if (wiring_.share(loop_).stopping) return fail_later(host, std::move(done), shutting_down());
  if (request->size() + kOverhead > limits_.frame_bytes) {
    return fail_later(host, std::move(done), {Code::too_large, "a frame above max_message_bytes"});
  }
  TimePoint now = host.now();
  if (deadline <= now) {
    return fail_later(host, std::move(done), {Code::deadline_exceeded, "the deadline had passed before sending"});
  }
  Peer& peer = peers_[address];
  if (peer.link == nullptr) {
    const bool is_left_alone = now < peer.retry_at && wiring_.opened_links.count(address) == peer.opened_at_dial;
    if (is_left_alone) return fail_later(host, std::move(done), peer.why);
    dial(address, peer);
  }
  peer.link->call(std::move(request), deadline, std::move(done));
}

void Dialer::dial(const std::string& address, Peer& peer) {
  peer.opened_at_dial = wiring_.opened_links.count(address);
  peer.link = std::make_shared<Link>(wiring_, poller_, loop_, limits_);
  peer.link->dial(address, [this, address](const Status& why, bool met) { on_end(address, why, met); });
}

void Dialer::on_end(const std::string& address, const Status& why, bool met) {
  Peer& peer = peers_[address];
  // A link that was open may be dialed again at once: its end says nothing about the next attempt.
  peer.backoff = met ? Duration{} : std::clamp(peer.backoff * 2, kFirstBackoff, kLongestBackoff);
  peer.retry_at = wiring_.host.now() + peer.backoff;
  peer.link.reset();
  bool news = met || !(peer.why == why);
  peer.why = why;
  if (news && !wiring_.share(loop_).stopping) {
    wiring_.host.log(LogLevel::warning, "link to " + address + " ended: " + why.message());
  }
}

}  // namespace stator::grpc_transport
