#include "tests/simulation/sim_network.h"

#include <algorithm>

#include "kernel/invariant.h"
#include "kernel/seams/executor.h"
#include "tests/simulation/frame_kind.h"

namespace stator::simulation {

void SimNetwork::isolate(const std::string& node, const std::vector<std::string>& others) {
  for (const std::string& other : others) {
    if (other == node) continue;
    cut(node, other);
    cut(other, node);
  }
}

SimNetwork::Place SimNetwork::place(const std::string& node) {
  auto found = std::find(names_.begin(), names_.end(), node);
  if (found == names_.end()) {
    STATOR_INVARIANT(names_.size() < kMostNodes, "a simulated cluster is small");
    found = names_.insert(names_.end(), node);
  }
  return static_cast<Place>(found - names_.begin());
}

std::uint64_t SimNetwork::attach(Place node, SimTransport& transport) {
  attached_[node] = &transport;
  return ++last_life_;
}

/// Who asked, if it still lives.
SimTransport* SimNetwork::find(const Call& call) const {
  SimTransport* caller = attached_[call.from];
  return caller != nullptr && caller->life_ == call.life ? caller : nullptr;
}

bool SimNetwork::lost(Place from, Place to) {
  const bool dropped = scheduler_.chance(faults_.drop_permille);
  counts_.dropped += dropped ? 1 : 0;
  counts_.cut_off += cut_[from][to] ? 1 : 0;
  return dropped || cut_[from][to];
}

Duration SimNetwork::delay_to(Place node) {
  Duration delay = scheduler_.between(faults_.least_delay, faults_.longest_delay) + slow_[node];
  if (scheduler_.chance(faults_.straggler_permille)) {
    ++counts_.straggled;
    delay += scheduler_.between(Duration(0), faults_.longest_straggle);
  }
  return delay;
}

void SimNetwork::send(const Call& call, Frame request) {
  if (tamper_) request = tamper_(names_[call.from], names_[call.to], std::move(request));
  if (watch_) watch_(names_[call.from], names_[call.to], request);
  ++counts_.requests;
  const bool twice = scheduler_.chance(faults_.duplicate_permille) && kind_of(*request) != FrameKind::forward;
  counts_.duplicated += twice ? 1 : 0;
  for (int copies = twice ? 2 : 1; copies > 0; --copies) {
    if (lost(call.from, call.to)) continue;
    scheduler_.after(delay_to(call.to), [this, call, request] { arrive(call, request); });
  }
}

// Hellos, as on a link that opens: each side may refuse the other.
bool SimNetwork::introduce(SimTransport& from, SimTransport& to) {
  if (from.met_[to.place_] == to.life_) return true;
  if (!to.peers_->meet(from.peers_->hello()).is_ok() || !from.peers_->meet(to.peers_->hello()).is_ok()) return false;
  from.met_[to.place_] = to.life_;
  return true;
}

void SimNetwork::arrive(const Call& call, const Frame& request) {
  SimTransport* from = find(call);
  SimTransport* to = attached_[call.to];
  if (to == nullptr) return send_reply(call, Status(Code::unavailable, names_[call.to] + " refused the connection"));
  if (from != nullptr && !introduce(*from, *to))
    return send_reply(call, Status(Code::unavailable, names_[call.to] + " refused the link"));
  to->executor_.post([this, to, call, request] {
    if (to->peers_ == nullptr) return;  // stopped since
    to->peers_->receive(names_[call.from], request, [this, call](Frame reply) { send_reply(call, std::move(reply)); });
  });
}

void SimNetwork::send_reply(const Call& call, Result<Frame> reply) {
  if (lost(call.to, call.from)) return;
  scheduler_.after(delay_to(call.from), [this, call, reply = std::move(reply)]() mutable {
    if (SimTransport* caller = find(call)) caller->complete(call.number, std::move(reply));
  });
}

Status SimTransport::start(const std::string& listen, Clients* /*clients*/, Peers* peers) {
  node_ = listen;
  peers_ = peers;
  place_ = network_.place(node_);
  life_ = network_.attach(place_, *this);
  return Status::ok();
}

void SimTransport::call(const std::string& address, Frame request, TimePoint deadline, Done done) {
  const std::uint64_t number = ++last_number_;
  const SimNetwork::Place to = network_.place(address);
  const TimerId timer = executor_.after(deadline - executor_.now(), [this, number, to] {
    complete(number, Status(Code::deadline_exceeded, network_.names_[to] + " did not answer in time"));
  });
  pending_[number] = {std::move(done), timer, request->size()};
  bytes_ += request->size();
  network_.send({life_, number, place_, to}, std::move(request));
}

// Nothing for a second reply, or one after the deadline.
void SimTransport::complete(std::uint64_t number, Result<Frame> reply) {
  auto found = pending_.find(number);
  if (found == pending_.end()) return;
  executor_.cancel(found->second.timer);
  executor_.post(
      [done = std::move(found->second.done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
  bytes_ -= found->second.bytes;
  pending_.erase(found);
}

void SimTransport::stop() {
  if (peers_ == nullptr) return;
  network_.detach(place_);
  peers_ = nullptr;
  pending_.clear();
  bytes_ = 0;
}

}  // namespace stator::simulation
