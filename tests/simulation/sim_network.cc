#include "tests/simulation/sim_network.h"

#include <variant>
#include <vector>

#include "kernel/coordinator/peer_messages.h"
#include "kernel/seams/executor.h"

namespace stator::simulation {
namespace {

bool may_be_repeated(const Frame& request) {
  const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
  return message.is_ok() && !std::holds_alternative<Forward>(message->body);
}

}  // namespace

void SimNetwork::isolate(const std::string& node, const std::vector<std::string>& others) {
  for (const std::string& other : others) {
    if (other == node) continue;
    cut(node, other);
    cut(other, node);
  }
}

std::uint64_t SimNetwork::attach(const std::string& node, SimTransport& transport) {
  attached_[node] = &transport;
  return ++last_life_;
}

void SimNetwork::detach(const std::string& node) { attached_.erase(node); }

SimTransport* SimNetwork::find(const std::string& node, std::uint64_t life) const {
  auto found = attached_.find(node);
  return found != attached_.end() && found->second->life_ == life ? found->second : nullptr;
}

bool SimNetwork::lost(const std::string& from, const std::string& to) {
  return scheduler_.chance(faults_.drop_permille) || cuts_.contains({from, to});
}

Duration SimNetwork::delay_to(const std::string& node) {
  auto slow = slow_.find(node);
  return scheduler_.between(faults_.least_delay, faults_.longest_delay) +
         (slow == slow_.end() ? Duration(0) : slow->second);
}

void SimNetwork::send(const Call& call, Frame request) {
  if (tamper_) request = tamper_(call.from, call.to, std::move(request));
  if (watch_) watch_(call.from, call.to, request);
  const bool twice = scheduler_.chance(faults_.duplicate_permille) && may_be_repeated(request);
  for (int copies = twice ? 2 : 1; copies > 0; --copies) {
    if (lost(call.from, call.to)) continue;
    scheduler_.after(delay_to(call.to), [this, call, request] { arrive(call, request); });
  }
}

// Hellos, as on a link that opens: each side may refuse the other.
bool SimNetwork::introduce(SimTransport& from, SimTransport& to) {
  if (met_.contains({from.life_, to.life_})) return true;
  if (!to.peers_->meet(from.peers_->hello()).is_ok() || !from.peers_->meet(to.peers_->hello()).is_ok()) return false;
  met_.insert({from.life_, to.life_});
  return true;
}

void SimNetwork::arrive(const Call& call, const Frame& request) {
  SimTransport* from = find(call.from, call.life);
  auto found = attached_.find(call.to);
  if (found == attached_.end()) return send_reply(call, Status(Code::unavailable, call.to + " refused the connection"));
  SimTransport* to = found->second;
  if (from != nullptr && !introduce(*from, *to))
    return send_reply(call, Status(Code::unavailable, call.to + " refused the link"));
  to->executor_.post([this, to, call, request] {
    if (to->peers_ == nullptr) return;  // stopped since
    to->peers_->receive(call.from, request, [this, call](Frame reply) { send_reply(call, std::move(reply)); });
  });
}

void SimNetwork::send_reply(const Call& call, Result<Frame> reply) {
  if (lost(call.to, call.from)) return;
  scheduler_.after(delay_to(call.from), [this, call, reply = std::move(reply)]() mutable {
    if (SimTransport* caller = find(call.from, call.life)) caller->complete(call.number, std::move(reply));
  });
}

Status SimTransport::start(const std::string& listen, Clients* /*clients*/, Peers* peers) {
  node_ = listen;
  peers_ = peers;
  life_ = network_.attach(node_, *this);
  return Status::ok();
}

void SimTransport::call(const std::string& address, Frame request, TimePoint deadline, Done done) {
  const std::uint64_t number = ++last_number_;
  const TimerId timer = executor_.after(deadline - executor_.now(), [this, number, address] {
    complete(number, Status(Code::deadline_exceeded, address + " did not answer in time"));
  });
  pending_[number] = {std::move(done), timer};
  network_.send({node_, life_, number, address}, std::move(request));
}

// Nothing for a second reply, or one after the deadline.
void SimTransport::complete(std::uint64_t number, Result<Frame> reply) {
  auto found = pending_.find(number);
  if (found == pending_.end()) return;
  executor_.cancel(found->second.timer);
  executor_.post(
      [done = std::move(found->second.done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
  pending_.erase(found);
}

void SimTransport::stop() {
  if (peers_ == nullptr) return;
  network_.detach(node_);
  peers_ = nullptr;
  pending_.clear();
}

}  // namespace stator::simulation
