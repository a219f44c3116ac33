#include "kernel/coordinator/put_operation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernel/coordinator/peer_messages.h"

namespace stator {
namespace {

// The client hears of a missing quorum within its deadline: replicas get a little less time than it has.
TimePoint replica_deadline(TimePoint now, TimePoint deadline) { return deadline - (deadline - now) / 20; }

std::vector<std::size_t> indices(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

}  // namespace

PutOperation::PutOperation(Coordinator& coordinator, Input input, Coordinator::PutDone done)
    : coordinator_(coordinator),
      input_(std::move(input)),
      done_(std::move(done)),
      quorum_(indices(input_.holders.size()), input_.required) {}

void PutOperation::start() {
  Coordinator::Parts& parts = coordinator_.parts_;
  const KeyAddress at{*input_.keyspace.store, input_.partition, input_.keyspace.id, input_.request.head.key};
  Result<Replica::Prepared> prepared =
      parts.replica.write(at, std::move(input_.intent), input_.request.ttl,
                          [self = shared_from_this()](const Status& outcome) { self->add_own(outcome); });
  if (!prepared.is_ok()) return coordinator_.fail(std::move(done_), Failure{prepared.status(), {}, {}});
  result_.stamp = prepared->stamp;
  result_.tombstone = input_.request.remove;
  result_.context = parts.tokens.issue(prepared->seen ? *prepared->seen : prepared->context, input_.keyspace.rules.name,
                                       input_.request.head.key);
  replicate(*prepared);
  result_.clock = std::move(prepared->context);
  if (done_) {
    const TimePoint now = parts.executor.now();
    timer_ = parts.executor.after(replica_deadline(now, *input_.request.head.deadline) - now,
                                  [self = shared_from_this()] { self->give_up(); });
  }
}

// The whole record goes out while this node's own log write is still in flight: a write costs one sync's time, not two.
void PutOperation::replicate(const Replica::Prepared& prepared) {
  Coordinator::Parts& parts = coordinator_.parts_;
  if (input_.holders.size() < 2) return;
  const RequestHead& head = input_.request.head;
  const TimePoint now = parts.executor.now();
  const TimePoint deadline = replica_deadline(now, *head.deadline);
  const Frame frame = encode_replicate(input_.keyspace.rules.name, head.key, prepared.record, input_.request.remove,
                                       {deadline, head.trace_id, prepared.born}, now);
  for (std::size_t holder = 0; holder < input_.holders.size(); ++holder) {
    if (input_.holders[holder] == coordinator_.options_.node) continue;
    parts.links.call(
        input_.holders[holder], {input_.request.remove ? "delete" : "put", frame, deadline},
        [self = shared_from_this(), holder](Result<Frame> reply) { self->add_answer(holder, std::move(reply)); });
  }
}

void PutOperation::add_own(const Status& outcome) {
  const auto own =
      std::find(input_.holders.begin(), input_.holders.end(), coordinator_.options_.node) - input_.holders.begin();
  if (!outcome.is_ok()) {
    own_failure_ = outcome;
    return add_failure(static_cast<std::size_t>(own), outcome);
  }
  quorum_.add_ack(static_cast<std::size_t>(own));
  decide();
}

void PutOperation::add_answer(std::size_t holder, Result<Frame> reply) {
  if (!reply.is_ok()) return add_failure(holder, reply.status());
  Result<PeerReplyMessage> message = decode_peer_reply(**reply);
  if (!message.is_ok()) return add_failure(holder, message.status());
  if (message->failure) return add_failure(holder, message->failure->status);
  quorum_.add_ack(holder);
  decide();
}

void PutOperation::add_failure(std::size_t holder, const Status& why) {
  quorum_.add_failure(holder);
  failures_ += (failures_.empty() ? "" : "; ") + input_.holders[holder] + ": " + why.text();
  decide();
}

void PutOperation::decide() {
  if (!done_) return;
  switch (quorum_.decision()) {
    case Decision::pending: return;
    case Decision::reached: return finish(std::move(result_));
    case Decision::impossible:
      // With a single replica its own reason is the whole story.
      if (input_.holders.size() == 1) return finish(Failure{own_failure_, {}, {}});
      return finish(quorum_failure(failures_));
  }
}

void PutOperation::give_up() {
  timer_ = 0;
  if (done_)
    finish(quorum_failure(failures_.empty() ? "the others did not answer in time"
                                            : failures_ + "; the others did not answer in time"));
}

Failure PutOperation::quorum_failure(const std::string& why) const {
  return {Status(Code::unavailable, "write quorum not reached (" + why +
                                        "); the write may still take effect, retry it with the same opId"),
          static_cast<int>(quorum_.required()), static_cast<int>(quorum_.acked())};
}

void PutOperation::finish(Outcome<PutResult> outcome) {
  coordinator_.parts_.executor.cancel(std::exchange(timer_, 0));
  std::exchange(done_, nullptr)(std::move(outcome));
}

}  // namespace stator
