#include "kernel/coordinator/get_operation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/coordinator/read_view.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

// A repair has time of its own: its client is not waiting.
constexpr std::chrono::seconds kRepairTimeout{2};
// Of one loop; a node that comes back to many readers is not to be flooded by their repairs. Anti-entropy does the
// rest.
constexpr std::size_t kMostRepairs = 64;

std::vector<std::size_t> indices(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

}  // namespace

GetOperation::GetOperation(Coordinator& coordinator, Input input, Coordinator::GetDone done)
    : coordinator_(coordinator),
      input_(std::move(input)),
      done_(std::move(done)),
      quorum_(indices(input_.holders.size()), input_.required, input_.standbys) {}

Result<Replica::Held> GetOperation::held_here(const ReadAction& action) const {
  const KeyAddress at{*input_.keyspace.store, input_.partition, input_.keyspace.id, input_.request.head.key};
  const Replica& replica = coordinator_.parts_.replica;
  const bool digest_only = action.want == ReadAction::Want::digest;
  const std::vector<std::size_t>& standbys = input_.standbys;
  if (std::find(standbys.begin(), standbys.end(), action.node) == standbys.end()) return replica.held(at, digest_only);
  return held_in_hints(replica, at, input_.primaries, digest_only);
}

void GetOperation::start() {
  Executor& executor = coordinator_.parts_.executor;
  const TimePoint now = executor.now();
  born_ = coordinator_.parts_.stamps.birth();
  deadline_ = *input_.request.head.deadline - (*input_.request.head.deadline - now) / 20;
  advance();
  started_ = true;
  if (!done_) return;
  timer_ = executor.after(deadline_ - now, [self = shared_from_this()] { self->give_up(); });
  arm_hedge();
}

void GetOperation::advance() {
  while (done_) {
    switch (quorum_.decision()) {
      case Decision::reached: {
        const std::optional<Record>& merged = quorum_.merged();
        Result<GetResult> result = view_record(merged ? &*merged : nullptr, input_.keyspace, input_.request.head.key,
                                               coordinator_.parts_.stamps.now().millis());
        if (merged) repair(*merged);
        if (!result.is_ok()) return finish(result.status());
        // Of a key never seen too: two clients that both found nothing and both write on become siblings.
        result->context = coordinator_.parts_.tokens.issue(merged ? merged->context : Context(),
                                                           input_.keyspace.rules.name, input_.request.head.key);
        return finish(std::move(*result));
      }
      case Decision::impossible: return finish(quorum_failure(failures_));
      case Decision::pending: break;
    }
    const std::vector<ReadAction> actions = quorum_.next_actions();
    if (actions.empty()) return;
    for (const ReadAction& action : actions) ask(action);
  }
}

void GetOperation::ask(const ReadAction& action) {
  if (input_.holders[action.node] == coordinator_.options_.node) return ask_self(action);
  ask_peer(action);
}

void GetOperation::ask_self(const ReadAction& action) {
  if (!input_.keyspace.answers(input_.partition) && !STATOR_SEEDED_BUG(authority_without_data))
    return add_failure(action.node, Status(Code::unavailable, "it has lost data and is catching up"));
  Readers* readers = input_.keyspace.store->readers();
  if (readers == nullptr) return add_held(action.node, held_here(action));
  read_with(
      readers, coordinator_.parts_.executor, [self = shared_from_this(), action] { return self->held_here(action); },
      [self = shared_from_this(), node = action.node](const Result<Replica::Held>& held) {
        if (!self->done_) return;
        self->add_held(node, held);
        self->advance();
      });
}

void GetOperation::add_held(std::size_t holder, const Result<Replica::Held>& held) {
  if (held.is_ok()) return add_state(holder, held->digest, held->record);
  add_failure(holder, held.status());
}

void GetOperation::ask_peer(const ReadAction& action) {
  Coordinator::Parts& parts = coordinator_.parts_;
  const RequestHead& head = input_.request.head;
  Frame frame = encode_replica_get(input_.keyspace.rules.name, head.key, action.want == ReadAction::Want::digest,
                                   {deadline_, head.trace_id, born_}, parts.executor.now());
  parts.links.call(input_.holders[action.node], {"get", std::move(frame), deadline_},
                   [self = shared_from_this(), holder = action.node](Result<Frame> reply) {
                     self->add_answer(holder, std::move(reply));
                     self->advance();
                   });
}

void GetOperation::add_answer(std::size_t holder, Result<Frame> reply) {
  if (!done_) return;
  if (!reply.is_ok()) return add_failure(holder, reply.status());
  Result<PeerReplyMessage> message = decode_peer_reply(**reply);
  if (!message.is_ok()) return add_failure(holder, message.status());
  if (message->failure) return add_failure(holder, message->failure->status);
  add_state(holder, message->state.digest, message->state.record);
}

void GetOperation::add_state(std::size_t holder, std::uint64_t digest, BytesView record) {
  if (record.empty()) return quorum_.add(holder, {digest, {}});
  Result<Record> decoded = decode_record(record);
  if (!decoded.is_ok()) return add_failure(holder, Status(Code::data_loss, decoded.status().message()));
  quorum_.add(holder, {digest, std::move(*decoded)});
}

void GetOperation::add_failure(std::size_t holder, const Status& why) {
  failures_ += (failures_.empty() ? "" : "; ") + input_.holders[holder] + ": " + why.text();
  quorum_.add_failure(holder);
}

// One more replica is asked when the slowest of those asked takes longer than it nearly always does, as far as the
// budget goes.
void GetOperation::arm_hedge() {
  coordinator_.hedge_budget_.earn();
  if (input_.required >= input_.holders.size()) return;
  Duration wait{0};
  for (std::size_t holder = 0; holder < input_.required; ++holder) {
    if (input_.holders[holder] != coordinator_.options_.node)
      wait = std::max(wait, coordinator_.parts_.links.p99(input_.holders[holder]));
  }
  const Duration half = (deadline_ - coordinator_.parts_.executor.now()) / 2;
  wait = std::min(wait, half);
  hedge_timer_ = coordinator_.parts_.executor.after(wait, [self = shared_from_this(), rest = half - wait] {
    self->hedge_timer_ = 0;
    if (!self->done_) return;
    self->arm_last_hedge(rest);
    if (!self->coordinator_.hedge_budget_.spend()) return;
    self->quorum_.hedge();
    self->advance();
  });
}

// With half of the time gone a replica is not late but silent. Now every other is asked, budget or not: else the first
// readers after a node froze would fail although enough replicas are well.
void GetOperation::arm_last_hedge(Duration wait) {
  hedge_timer_ = coordinator_.parts_.executor.after(wait, [self = shared_from_this()] {
    self->hedge_timer_ = 0;
    if (!self->done_) return;
    for (std::size_t asked = self->input_.required; asked < self->input_.holders.size(); ++asked) self->quorum_.hedge();
    self->advance();
  });
}

void GetOperation::repair(const Record& merged) {
  const std::vector<std::size_t> stale = quorum_.stale();
  if (stale.empty()) return;
  Coordinator::Parts& parts = coordinator_.parts_;
  const RequestHead& head = input_.request.head;
  const TimePoint now = parts.executor.now();
  const TimePoint deadline = now + kRepairTimeout;
  Frame frame;
  Record sent = merged;
  if (STATOR_SEEDED_BUG(read_repair_ships_one_version) && sent.versions.size() > 1) sent.versions.resize(1);
  for (std::size_t holder : stale) {
    if (input_.holders[holder] == coordinator_.options_.node) {
      ++coordinator_.read_repairs_.repaired;
      parts.repair_own(input_.keyspace, input_.partition, head.key, {sent, born_});
      continue;
    }
    if (coordinator_.repairs_under_way_ >= kMostRepairs) {
      ++coordinator_.read_repairs_.left;
      continue;
    }
    if (!frame)
      frame = encode_replicate(input_.keyspace.rules.name, head.key, encode_record(sent), !merged.live(),
                               {deadline, head.trace_id, born_, true}, now);
    ++coordinator_.read_repairs_.repaired;
    coordinator_.read_repairs_.bytes += frame->size();
    ++coordinator_.repairs_under_way_;
    parts.links.call(input_.holders[holder], {"put", frame, deadline},
                     [&under_way = coordinator_.repairs_under_way_](const Result<Frame>&) { --under_way; });
  }
}

void GetOperation::give_up() {
  timer_ = 0;
  if (done_)
    finish(quorum_failure(failures_.empty() ? "the others did not answer in time"
                                            : failures_ + "; the others did not answer in time"));
}

Failure GetOperation::quorum_failure(const std::string& why) const {
  return {Status(Code::unavailable, "read quorum not reached (" + why + ")"), static_cast<int>(quorum_.required()),
          static_cast<int>(quorum_.acked())};
}

// A read that this node answers alone is answered inside start(): the result is posted, since a completion never runs
// inside the call that starts it.
void GetOperation::finish(Outcome<GetResult> outcome) {
  Executor& executor = coordinator_.parts_.executor;
  executor.cancel(std::exchange(timer_, 0));
  executor.cancel(std::exchange(hedge_timer_, 0));
  auto done = std::exchange(done_, nullptr);
  if (started_) return done(std::move(outcome));
  executor.post([done = std::move(done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
}

}  // namespace stator
