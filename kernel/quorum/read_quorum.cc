#include "kernel/quorum/read_quorum.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/seeded_bugs.h"

namespace stator {

ReadQuorum::ReadQuorum(const std::vector<std::size_t>& replicas, std::size_t required,
                       const std::vector<std::size_t>& standbys)
    : required_(STATOR_SEEDED_BUG(read_quorum_one_short) && required > 1 ? required - 1 : required),
      wanted_(required_) {
  for (std::size_t node : replicas)
    replicas_.push_back({node, std::find(standbys.begin(), standbys.end(), node) != standbys.end()});
}

ReadQuorum::Replica* ReadQuorum::find(std::size_t node) {
  for (Replica& replica : replicas_) {
    if (replica.node == node) return &replica;
  }
  return nullptr;
}

std::size_t ReadQuorum::in_state(std::initializer_list<Replica::State> states) const {
  return static_cast<std::size_t>(std::count_if(replicas_.begin(), replicas_.end(), [&](const Replica& replica) {
    return std::find(states.begin(), states.end(), replica.state) != states.end();
  }));
}

bool ReadQuorum::informed() const {
  return merged_.has_value() || std::any_of(replicas_.begin(), replicas_.end(), [](const Replica& replica) {
           return !replica.standby && replica.state == Replica::State::known;
         });
}

bool ReadQuorum::holds_digest(std::uint64_t digest) const {
  return std::find(seen_.begin(), seen_.end(), digest) != seen_.end();
}

void ReadQuorum::ask(Replica& replica, ReadAction::Want want, std::vector<ReadAction>& actions) {
  replica.state = want == ReadAction::Want::record ? Replica::State::asked_record : Replica::State::asked_digest;
  actions.push_back({replica.node, want});
}

// Keeps `wanted_` replicas in play, and one of them asked for its record.
void ReadQuorum::ask_more(std::vector<ReadAction>& actions) {
  using S = Replica::State;
  for (Replica& replica : replicas_) {
    const bool enough = acked() < required_ || in_state({S::asked_digest, S::asked_record}) > 0;
    if (enough && in_state({S::asked_digest, S::asked_record, S::digest, S::known}) >= wanted_) return;
    if (replica.state != S::idle) continue;
    // After a hedge the record that was asked for counts as late: digests alone would wait for it to the deadline.
    const bool record_coming = have_record_ || in_state({S::asked_record}) > wanted_ - required_;
    ask(replica, record_coming ? ReadAction::Want::digest : ReadAction::Want::record, actions);
  }
}

// A digest nobody's record explains: fetch the record behind it. When the first record was lost with its replica, any
// will do.
void ReadQuorum::fetch_differing(std::vector<ReadAction>& actions) {
  using S = Replica::State;
  if (!have_record_ && in_state({S::asked_record}) > 0) return;
  for (Replica& replica : replicas_) {
    if (replica.state == S::digest && !holds_digest(replica.digest)) ask(replica, ReadAction::Want::record, actions);
    if (!have_record_ && in_state({S::asked_record}) > 0) return;
  }
}

std::vector<ReadAction> ReadQuorum::next_actions() {
  std::vector<ReadAction> actions;
  if (decision() != Decision::pending) return actions;
  fetch_differing(actions);
  ask_more(actions);
  return actions;
}

void ReadQuorum::absorb(Replica& replica, std::optional<Record> record) {
  replica.state = Replica::State::known;
  have_record_ = true;
  seen_.push_back(replica.digest);
  if (!record) return;
  merged_digest_ = merged_ ? std::nullopt : std::optional(replica.digest);
  merged_ = merged_ ? merge(std::move(*merged_), std::move(*record)) : std::move(*record);
}

void ReadQuorum::add(std::size_t node, ReplicaAnswer answer) {
  Replica* replica = find(node);
  if (replica == nullptr) return;
  const bool waited_for =
      replica->state == Replica::State::asked_digest || replica->state == Replica::State::asked_record;
  if (!waited_for || decision() != Decision::pending) return;
  replica->digest = answer.digest;
  if (answer.record || answer.digest == 0) {
    absorb(*replica, std::move(answer.record));
  } else {
    replica->state = Replica::State::digest;
  }
  for (Replica& other : replicas_) {
    if (other.state == Replica::State::digest &&
        (holds_digest(other.digest) || (have_record_ && STATOR_SEEDED_BUG(digests_not_compared))))
      other.state = Replica::State::known;
  }
}

void ReadQuorum::add_failure(std::size_t node) {
  Replica* replica = find(node);
  if (replica != nullptr && replica->state != Replica::State::known) replica->state = Replica::State::failed;
}

void ReadQuorum::hedge() {
  if (in_state({Replica::State::idle}) > 0) ++wanted_;
}

std::size_t ReadQuorum::acked() const { return in_state({Replica::State::known}); }

Decision ReadQuorum::decision() const {
  using S = Replica::State;
  const std::size_t failed = in_state({S::failed});
  if (acked() < required_) return failed + required_ > replicas_.size() ? Decision::impossible : Decision::pending;
  if (informed()) return Decision::reached;
  return failed + acked() == replicas_.size() ? Decision::impossible : Decision::pending;
}

std::vector<std::size_t> ReadQuorum::stale() const {
  std::vector<std::size_t> nodes;
  if (!merged_) return nodes;
  const std::uint64_t digest = merged_digest_ ? *merged_digest_ : record_digest(*merged_);
  for (const Replica& replica : replicas_) {
    const bool answered = replica.state == Replica::State::known || replica.state == Replica::State::digest;
    if (answered && !replica.standby && replica.digest != digest) nodes.push_back(replica.node);
  }
  return nodes;
}

}  // namespace stator
