#include "kernel/coordinator/put_operation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernel/causality/delta.h"
#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/fetch_operation.h"
#include "kernel/healing/hint_store.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::chrono::milliseconds kStampRest{2};

// The client hears of a missing quorum within its deadline: replicas get a little less time than it has.
TimePoint replica_deadline(TimePoint now, TimePoint deadline) { return deadline - (deadline - now) / 20; }

std::vector<std::string> joined(std::vector<std::string> first, const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::size_t place_of(const std::vector<std::string>& ids, const std::string& id) {
  return static_cast<std::size_t>(std::find(ids.begin(), ids.end(), id) - ids.begin());
}

}  // namespace

PutOperation::PutOperation(Coordinator& coordinator, Input input, Coordinator::PutDone done)
    : coordinator_(coordinator),
      input_(std::move(input)),
      done_(std::move(done)),
      ids_(joined(input_.primaries, input_.fallbacks)),
      own_(place_of(ids_, coordinator.options_.node)),
      quorum_(nodes(), input_.required) {}

WriteNodes PutOperation::nodes() const {
  const PeerLinks& links = coordinator_.parts_.links;
  WriteNodes nodes;
  nodes.coordinator = own_;
  for (std::size_t node = 0; node < ids_.size(); ++node) {
    const bool primary = node < input_.primaries.size();
    (primary ? nodes.primaries : nodes.standbys).push_back(node);
    if (primary && node != own_ && !links.likely_up(ids_[node])) nodes.down.push_back(node);
  }
  // Those that seem down themselves stand in last.
  std::stable_partition(nodes.standbys.begin(), nodes.standbys.end(),
                        [&](std::size_t node) { return node == own_ || links.likely_up(ids_[node]); });
  return nodes;
}

KeyAddress PutOperation::address(std::string_view hint_for) const {
  return {*input_.keyspace.store, input_.partition, input_.keyspace.id, input_.request.head.key, hint_for};
}

// Of the copy that this node signs in.
KeyAddress PutOperation::own_address() const { return address(stands_in() ? ids_[0] : std::string_view()); }

Result<Replica::Prepared> PutOperation::write_own() {
  auto committed = [self = shared_from_this()](const Status& outcome) { self->add_own(outcome); };
  Coordinator::Parts& parts = coordinator_.parts_;
  const std::optional<Duration> ttl = input_.request.ttl;
  if (!stands_in()) return parts.replica.write(own_address(), std::move(input_.intent), ttl, std::move(committed));
  return parts.hints.write(input_.keyspace, own_address(), std::move(input_.intent), ttl, std::move(committed));
}

void PutOperation::start() {
  const Coordinator::Parts& parts = coordinator_.parts_;
  const TimePoint now = parts.executor.now();
  if (signs_by_ == TimePoint()) signs_by_ = now + (*input_.request.head.deadline - now) / 2;
  // After this process has stood still, the clock's next limit is only on its way to the disk. The stamp is not used:
  // the write takes its own when it is signed.
  if (now < signs_by_ && !parts.stamps.next()) {
    parts.executor.after(kStampRest, [self = shared_from_this()] { self->start(); });
    return;
  }
  if (input_.keyspace.store->readers() == nullptr) return begin();
  RowNeeds needs = all_rows();
  if (input_.intent.operation) {
    needs = [operation = input_.intent.operation, observed = input_.intent.observed, node = coordinator_.options_.node](
                const Head& head, RowReader& rows) {
      const Stamp epoch = head.rest.mark ? head.rest.mark->epoch : Stamp();
      (void)operation({{}, &rows}, observed, {node, epoch});  // asks for the same when it is done
      (void)rows.removals();
    };
  }
  coordinator_.parts_.replica.prepare(own_address(), std::move(needs),
                                      [self = shared_from_this()](const KeyAddress&) { self->begin(); });
}

void PutOperation::begin() {
  Coordinator::Parts& parts = coordinator_.parts_;
  if (parts.executor.now() >= *input_.request.head.deadline) {
    const Status late(Code::deadline_exceeded, "what is stored of the key was not read in time; nothing was written");
    return coordinator_.fail(std::move(done_), Failure{late, {}, {}});
  }
  // This node may have learnt only while it waited that its disk has lost something.
  WriteIntent& intent = input_.intent;
  intent.apart = intent.apart || !input_.keyspace.speaks_for(input_.partition);
  if (intent.apart && (intent.create_only || intent.if_match || intent.operation)) {
    const Status unsure(Code::unavailable,
                        coordinator_.options_.node + " has lost data and cannot say what the key holds");
    return coordinator_.fail(std::move(done_), Failure{unsure, {}, {}});
  }
  const Result<bool> enough = has_seen_enough();
  if (!enough.is_ok()) return coordinator_.fail(std::move(done_), Failure{enough.status(), {}, {}});
  if (!*enough) return fetch();
  Result<Replica::Prepared> prepared = write_own();
  if (!prepared.is_ok()) return coordinator_.fail(std::move(done_), Failure{prepared.status(), {}, {}});
  result_.stamp = prepared->stamp;
  result_.tombstone = input_.request.remove;
  result_.context = parts.tokens.issue(prepared->seen ? *prepared->seen : prepared->context, input_.keyspace.rules.name,
                                       input_.request.head.key);
  result_.clock = std::move(prepared->context);
  record_ = std::move(prepared->record);
  delta_ = std::move(prepared->delta);
  dot_ = std::move(prepared->dot);
  born_ = prepared->born;
  deadline_ = replica_deadline(parts.executor.now(), *input_.request.head.deadline);
  // The whole record goes out while this node's own log write is still in flight: a write costs one sync's time, not
  // two.
  carry_out();
  arm();
}

// An operation replaces what its client has seen, so all of that must be here.
Result<bool> PutOperation::has_seen_enough() const {
  const WriteIntent& intent = input_.intent;
  if (!intent.operation || !intent.observed || STATOR_SEEDED_BUG(operation_done_unseen)) return true;
  return coordinator_.parts_.replica.covers(own_address(), *intent.observed);
}

void PutOperation::fetch() {
  if (std::exchange(fetched_, true)) {
    const Status unseen(Code::unavailable, coordinator_.options_.node +
                                               " does not hold all that the context has seen, and found it nowhere; "
                                               "read the key again, or retry later");
    return coordinator_.fail(std::move(done_), Failure{unseen, {}, {}});
  }
  const RequestHead& head = input_.request.head;
  const TimePoint now = coordinator_.parts_.executor.now();
  // Half of the time is left for the write itself.
  FetchOperation::Input wanted{input_.keyspace,
                               input_.partition,
                               head.key,
                               stands_in() ? ids_[0] : std::string(),
                               ids_,
                               *input_.intent.observed,
                               now + (*head.deadline - now) / 2,
                               head.trace_id};
  wanted.nodes.erase(wanted.nodes.begin() + static_cast<std::ptrdiff_t>(own_));
  // shared: by the answers it waits for
  std::make_shared<FetchOperation>(coordinator_, std::move(wanted), [self = shared_from_this()] {
    self->start();
  })->start();
}

void PutOperation::arm() {
  Executor& executor = coordinator_.parts_.executor;
  timer_ = executor.after(deadline_ - executor.now(), [self = shared_from_this()] { self->give_up(); });
  if (!input_.fallbacks.empty()) arm_late();
}

// A primary that takes longer than it nearly always does, and a third of the time that is left, is slow.
void PutOperation::arm_late() {
  Coordinator::Parts& parts = coordinator_.parts_;
  const Duration left = deadline_ - parts.executor.now();
  Duration usual{0};
  for (const std::string& node : input_.primaries) {
    if (node != coordinator_.options_.node) usual = std::max(usual, parts.links.p99(node));
  }
  late_timer_ = parts.executor.after(std::clamp<Duration>(usual, left / 3, left / 2), [self = shared_from_this()] {
    self->late_timer_ = 0;
    self->quorum_.late();
    self->carry_out();
  });
}

void PutOperation::carry_out() {
  if (coordinator_.parts_.executor.now() >= deadline_) return;
  for (const WriteAction& action : quorum_.next_actions()) send(action);
}

PeerRequestHead PutOperation::peer_head() const { return {deadline_, input_.request.head.trace_id, born_}; }

Frame PutOperation::frame_for(const WriteAction& action) {
  const Bytes& key = input_.request.head.key;
  const TimePoint now = coordinator_.parts_.executor.now();
  const std::string& keyspace = input_.keyspace.rules.name;
  if (action.node != action.target)
    return encode_hint({keyspace, key, record_, input_.request.remove, ids_[action.target]}, peer_head(), now);
  if (!frame_) frame_ = encode_replicate(keyspace, key, record_, input_.request.remove, peer_head(), now);
  return frame_;
}

void PutOperation::send(const WriteAction& action) {
  may_send_delta(action) ? send_delta(action) : send_record(action);
}

// A copy that stands in for another's has no base to speak of.
bool PutOperation::may_send_delta(const WriteAction& action) const {
  const auto& takes_deltas = coordinator_.options_.takes_deltas;
  return !delta_.empty() && action.node == action.target && takes_deltas && takes_deltas(ids_[action.node]);
}

// Who lacks the base has done nothing and has not answered yet: it is asked again with all of the record. So is one
// that does not know what a delta is: it runs an older program since a moment ago.
void PutOperation::send_delta(const WriteAction& action) {
  const Bytes& key = input_.request.head.key;
  const TimePoint now = coordinator_.parts_.executor.now();
  if (!delta_frame_) delta_frame_ = encode_replicate_delta(input_.keyspace.rules.name, key, delta_, peer_head(), now);
  ++coordinator_.deltas_.sent;
  coordinator_.parts_.links.call(ids_[action.node], {"delta", delta_frame_, deadline_},
                                 [self = shared_from_this(), action](Result<Frame> reply) {
                                   if (self->lacks_base(reply)) return self->send_record(action);
                                   self->add_answer(action.node, std::move(reply));
                                   self->advance();
                                 });
}

bool PutOperation::lacks_base(const Result<Frame>& reply) {
  if (!reply.is_ok() || STATOR_SEEDED_BUG(lacking_base_counted_as_ack)) return false;
  const Result<PeerReplyMessage> message = decode_peer_reply(**reply);
  if (!message.is_ok()) return false;
  const bool lacks =
      message->lacks_base || (message->failure && message->failure->status.code() == Code::unimplemented);
  if (lacks) ++coordinator_.deltas_.lacking_base;
  return lacks;
}

// Of a large copy the record is read when somebody needs it.
void PutOperation::read_record(const WriteAction& action) {
  coordinator_.parts_.replica.whole(own_address(), [self = shared_from_this(), action](const Result<Bytes>& read) {
    Result<Bytes> record = self->with_this_write(read);
    if (!record.is_ok()) {
      self->add_failure(action.node, record.status());
      return self->advance();
    }
    self->record_ = std::move(*record);
    self->send_record(action);
  });
}

// What is read later lacks this write if it could not be stored here: an acknowledgement of that would be of another
// record.
Result<Bytes> PutOperation::with_this_write(const Result<Bytes>& read) const {
  if (!read.is_ok()) return read;
  Result<Record> record = decode_record(*read);
  if (!record.is_ok() || record->context.covers(dot_) || STATOR_SEEDED_BUG(late_record_without_the_write)) return read;
  Result<Delta> delta = decode_delta(delta_);
  if (!delta.is_ok() || !has_base(*record, *delta))
    return Status(Code::unavailable, coordinator_.options_.node + " could not store what it would send");
  return encode_record(join(*std::move(record), *std::move(delta)));
}

void PutOperation::send_record(const WriteAction& action) {
  if (record_.empty()) return read_record(action);
  const char* method = action.node != action.target ? "hint" : input_.request.remove ? "delete" : "put";
  coordinator_.parts_.links.call(ids_[action.node], {method, frame_for(action), deadline_},
                                 [self = shared_from_this(), node = action.node](Result<Frame> reply) {
                                   self->add_answer(node, std::move(reply));
                                   self->advance();
                                 });
}

void PutOperation::add_own(const Status& outcome) {
  if (outcome.is_ok()) {
    quorum_.add_ack(own_);
    if (STATOR_SEEDED_BUG(own_disk_counted_twice)) quorum_.add_ack(own_ == 0 ? 1 : 0);
  } else {
    own_failure_ = outcome;
    add_failure(own_, outcome);
  }
  advance();
}

void PutOperation::add_answer(std::size_t node, Result<Frame> reply) {
  if (!reply.is_ok()) return add_failure(node, reply.status());
  Result<PeerReplyMessage> message = decode_peer_reply(**reply);
  if (!message.is_ok()) return add_failure(node, message.status());
  if (message->failure) return add_failure(node, message->failure->status);
  quorum_.add_ack(node);
}

void PutOperation::add_failure(std::size_t node, const Status& why) {
  why.code() == Code::storage_full ? quorum_.add_full(node) : quorum_.add_failure(node);
  failures_ += (failures_.empty() ? "" : "; ") + ids_[node] + ": " + why.text();
}

void PutOperation::advance() {
  carry_out();
  decide();
  if (quorum_.complete()) leave_hints();
}

void PutOperation::decide() {
  if (!done_) return;
  switch (quorum_.decision()) {
    case Decision::pending: return;
    case Decision::reached: return finish(std::move(result_));
    case Decision::impossible:
      // With a single replica its own reason is the whole story.
      if (ids_.size() == 1) return finish(Failure{own_failure_, {}, {}});
      return finish(quorum_failure(quorum_.lacks_room_alone() ? Code::storage_full : Code::unavailable, failures_));
  }
}

// Every primary that did not acknowledge, and for which nobody stands in, is owed the write by this node: as a
// reference to what it holds as a primary, or as a copy in the target's place.
void PutOperation::leave_hints() {
  if (!input_.keyspace.rules.sloppy || !own_failure_.is_ok() || std::exchange(hints_left_, true)) return;
  for (std::size_t node : quorum_.missing()) {
    if (!stands_in()) {
      coordinator_.parts_.hints.refer(input_.keyspace, address(ids_[node]));
      continue;
    }
    Result<Record> record = decode_record(record_);
    if (record.is_ok())
      coordinator_.parts_.hints.keep(input_.keyspace, address(ids_[node]), {std::move(*record), born_},
                                     [](const Result<std::uint64_t>&) {});
  }
}

void PutOperation::give_up() {
  timer_ = 0;
  if (done_)
    finish(quorum_failure(Code::unavailable, failures_.empty() ? "the others did not answer in time"
                                                               : failures_ + "; the others did not answer in time"));
}

Failure PutOperation::quorum_failure(Code code, const std::string& why) const {
  return {Status(code, "write quorum not reached (" + why +
                           "); the write may still take effect, retry it with the same opId"),
          static_cast<int>(quorum_.required()), static_cast<int>(quorum_.acked())};
}

void PutOperation::finish(Outcome<PutResult> outcome) {
  Executor& executor = coordinator_.parts_.executor;
  executor.cancel(std::exchange(timer_, 0));
  executor.cancel(std::exchange(late_timer_, 0));
  std::exchange(done_, nullptr)(std::move(outcome));
}

}  // namespace stator
