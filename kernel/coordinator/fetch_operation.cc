#include "kernel/coordinator/fetch_operation.h"

#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/healing/hint_store.h"

namespace stator {

FetchOperation::FetchOperation(Coordinator& coordinator, Input input, Task done)
    : coordinator_(coordinator), input_(std::move(input)), done_(std::move(done)), open_(input_.nodes.size()) {}

KeyAddress FetchOperation::address() const {
  return {*input_.keyspace.store, input_.partition, input_.keyspace.id, input_.key, input_.hint_for};
}

void FetchOperation::start() {
  if (open_ == 0) return finish();
  Coordinator::Parts& parts = coordinator_.parts_;
  born_ = parts.stamps.birth();
  const Frame frame = encode_replica_get(input_.keyspace.rules.name, input_.key, false,
                                         {input_.deadline, input_.trace_id, born_}, parts.executor.now());
  for (const std::string& node : input_.nodes) {
    parts.links.call(node, {"get", frame, input_.deadline},
                     [self = shared_from_this()](const Result<Frame>& reply) { self->add_answer(reply); });
  }
}

// One that does not answer, or holds nothing, is no help; whether the others are is seen when they have come.
void FetchOperation::add_answer(const Result<Frame>& reply) {
  if (!done_) return;
  Result<PeerReplyMessage> message = reply.is_ok() ? decode_peer_reply(**reply) : reply.status();
  if (message.is_ok() && !message->failure && !message->state.record.empty()) {
    Result<Record> record = decode_record(message->state.record);
    if (record.is_ok()) return take(std::move(*record));
  }
  look();
}

void FetchOperation::take(Record record) {
  Coordinator::Parts& parts = coordinator_.parts_;
  Replica::Arrival arrival{std::move(record), born_};
  auto merged = [self = shared_from_this()](const Result<std::uint64_t>&) { self->look(); };
  if (input_.hint_for.empty()) return parts.replica.merge(address(), std::move(arrival), std::move(merged));
  parts.hints.keep(input_.keyspace, address(), std::move(arrival), std::move(merged));
}

void FetchOperation::look() {
  if (!done_) return;
  if (--open_ == 0) return finish();
  coordinator_.parts_.replica.prepare(address(), nullptr, [self = shared_from_this()](const KeyAddress& at) {
    const Result<bool> seen = self->coordinator_.parts_.replica.covers(at, self->input_.wanted);
    if (seen.is_ok() && *seen) self->finish();
  });
}

void FetchOperation::finish() {
  if (done_) std::exchange(done_, nullptr)();
}

}  // namespace stator
