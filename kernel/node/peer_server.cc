#include "kernel/node/peer_server.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/message_life.h"
#include "kernel/healing/collect_messages.h"
#include "kernel/healing/hint_store.h"
#include "kernel/healing/leaf_answer.h"
#include "kernel/healing/leaf_scan.h"
#include "kernel/healing/shared_trees.h"
#include "kernel/healing/tree_messages.h"
#include "kernel/healing/vouch_messages.h"
#include "kernel/node/key_report.h"
#include "kernel/replica/keys_ahead.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {

// Where an answer goes: back to the loop on which the question arrived.
struct PeerServer::Answer {
  Executor* home;
  std::string node;
  TimePoint deadline;
  Reply reply;
  Stamp born{};  // of the question
  bool background = false;

  void operator()(Frame frame) {
    run_on(*home, [reply = std::move(reply), frame = std::move(frame)]() mutable { reply(std::move(frame)); });
  }
  void fail(Status why) { (*this)(encode_peer_failure({std::move(why), {}, {}})); }
};

PeerServer::PeerServer(Node& node, Hooks hooks) : node_(node), hooks_(std::move(hooks)) {}

Bytes PeerServer::hello() { return encode_hello(node_.hello()); }

// A link is refused for what makes talking senseless; a keyspace with other rules is refused alone, so that the odd
// node out cannot merge by rules that are not the others'.
Result<std::string> PeerServer::meet(BytesView hello) {
  Result<Hello> theirs = decode_hello(hello);
  if (!theirs.is_ok()) return theirs.status();
  const Hello ours = node_.hello();
  if (Status may_talk = compare_hello(ours, *theirs); !may_talk.is_ok()) return may_talk;
  if (!node_.is_member(theirs->node))
    return Status(Code::failed_precondition, "node \"" + theirs->node + "\" is no member");
  for (const std::string& line : node_.agreements().meet(*theirs)) hooks_.log(LogLevel::error, line);
  if (theirs->ring != ours.ring) hooks_.log(LogLevel::warning, theirs->node + " sees another ring than this node");
  for (const std::string& told : node_.lives().meet(*theirs)) hooks_.log(LogLevel::error, told);
  return theirs->node;
}

// A record that somebody read long ago may be one whose removal has been collected since.
Status PeerServer::check_birth(const PeerRequestMessage& message) {
  const Stamp born = message.head.born;
  if (born == Stamp{}) {
    return carries_record(message) ? Status(Code::invalid_argument, "a record that does not say when it was current")
                                   : Status::ok();
  }
  if (!outlived(born, node_.life_of_messages(), node_.stamps().now()) || STATOR_SEEDED_BUG(message_life_not_enforced))
    return Status::ok();
  ++node_.counters().outlived;
  return {Code::deadline_exceeded, node_.identity().node + " refuses a record that was read too long ago"};
}

void PeerServer::receive(const std::string& node, Frame request, Reply reply) {
  node_.lives().note_running();
  Shard& home = node_.here();
  const TimePoint now = home.executor.now();
  Result<PeerRequestMessage> message = decode_peer_request(*request, now);
  Answer answer{&home.executor, node, {}, std::move(reply)};
  if (!message.is_ok()) return answer.fail(message.status());
  if (message->head.deadline <= now) return;  // nobody waits for it any more, and it must not take effect late
  answer.deadline = message->head.deadline;
  answer.born = message->head.born;
  answer.background = message->head.background;
  if (Status alive = check_birth(*message); !alive.is_ok()) return answer.fail(std::move(alive));
  node_.lives().hear(node, message->head.born);
  std::visit([&](auto& body) { serve(std::move(body), std::move(answer)); }, message->body);
}

Keyspace* PeerServer::keyspace_for(const std::string& name, Answer& answer) {
  Keyspace* keyspace = node_.keyspace(name);
  const std::string& self = node_.identity().node;
  if (keyspace == nullptr) {
    answer.fail({Code::not_found, self + " has no keyspace \"" + name + "\""});
    return nullptr;
  }
  if (node_.agreements().differs(answer.node, name)) {
    answer.fail({Code::failed_precondition,
                 self + " has other settings or plugins for keyspace " + name + " than " + answer.node});
    return nullptr;
  }
  return keyspace;
}

void PeerServer::serve(ReplicatePut body, Answer answer) {
  Keyspace* keyspace = keyspace_for(body.keyspace, answer);
  if (keyspace == nullptr) return;
  if (body.key.empty()) return answer.fail({Code::invalid_argument, "the key is empty"});
  Result<Record> record = decode_record(body.record);
  if (!record.is_ok()) return answer.fail(record.status());
  const Partition partition = node_.partition_of_key(*keyspace, body.key);
  Shard& shard = node_.shard_of(partition);
  if (body.hint_for == node_.identity().node) body.hint_for.clear();
  run_on(shard.executor, [&shard, keyspace, partition, body = std::move(body), record = std::move(*record),
                          answer = std::move(answer)]() mutable {
    if (answer.background) {
      if (Status room = shard.admit_background(*keyspace->store); !room.is_ok()) return answer.fail(std::move(room));
    }
    const Stamp born = answer.born;
    auto done = [answer = std::move(answer)](Result<std::uint64_t> digest) mutable {
      if (!digest.is_ok()) return answer.fail(digest.status());
      answer(encode_put_reply(*digest));
    };
    const KeyAddress at{*keyspace->store, partition, keyspace->id, body.key, body.hint_for};
    Replica::Arrival arrival{std::move(record), born};
    if (body.hint_for.empty()) return shard.replica.merge(at, std::move(arrival), std::move(done));
    shard.hints.keep(*keyspace, at, std::move(arrival), std::move(done));
  });
}

// A copy that does not count may be of long ago: it takes whole records, which bring all that their senders know.
void PeerServer::serve(ReplicateDelta body, Answer answer) {
  Keyspace* keyspace = keyspace_for(body.keyspace, answer);
  if (keyspace == nullptr) return;
  if (body.key.empty()) return answer.fail({Code::invalid_argument, "the key is empty"});
  Result<Delta> delta = decode_delta(body.delta);
  if (!delta.is_ok()) return answer.fail(delta.status());
  const Partition partition = node_.partition_of_key(*keyspace, body.key);
  Shard& shard = node_.shard_of(partition);
  run_on(shard.executor, [&shard, keyspace, partition, key = std::move(body.key), delta = std::move(*delta),
                          answer = std::move(answer)]() mutable {
    if (!keyspace->speaks_for(partition)) return answer(encode_delta_reply(true));
    const KeyAddress at{*keyspace->store, partition, keyspace->id, key};
    const Stamp born = answer.born;
    shard.replica.join(at, {std::move(delta), born}, [answer = std::move(answer)](const Result<bool>& joined) mutable {
      if (!joined.is_ok()) return answer.fail(joined.status());
      answer(encode_delta_reply(!*joined));
    });
  });
}

void PeerServer::serve(const ReplicaGet& body, Answer answer) {
  Keyspace* keyspace = keyspace_for(body.keyspace, answer);
  if (keyspace == nullptr) return;
  // Reads see only what is durable and touch nothing else, so any loop may make them.
  const Partition partition = node_.partition_of_key(*keyspace, body.key);
  if (!keyspace->answers(partition) && !STATOR_SEEDED_BUG(authority_without_data))
    return answer.fail({Code::unavailable, node_.identity().node + " has lost data and is catching up"});
  Readers* readers = keyspace->store->readers();
  if (readers == nullptr) return answer_held(*keyspace, body, std::move(answer), held_of(*keyspace, partition, body));
  Executor& home = *answer.home;
  read_with(
      readers, home, [this, keyspace, partition, body] { return held_of(*keyspace, partition, body); },
      [this, keyspace, body, answer = std::move(answer)](Result<Replica::Held> held) mutable {
        answer_held(*keyspace, body, std::move(answer), std::move(held));
      });
}

// What the read has been told elsewhere may be older than what was collected here since it began. Only the partition's
// own loop knows of that.
void PeerServer::answer_held(const Keyspace& keyspace, const ReplicaGet& body, Answer answer,
                             Result<Replica::Held> held) {
  if (!held.is_ok()) return answer.fail(held.status());
  if (held->digest != 0 || answer.born == Stamp{})
    return answer(encode_get_reply({held->digest, std::move(held->record)}));
  const Partition partition = node_.partition_of_key(keyspace, body.key);
  Shard& shard = node_.shard_of(partition);
  run_on(shard.executor, [&shard, &keyspace, partition, body, answer = std::move(answer)]() mutable {
    const KeyAddress at{*keyspace.store, partition, keyspace.id, body.key};
    Result<Replica::Held> gone = shard.replica.collected_since(at, answer.born);
    if (!gone.is_ok()) return answer.fail(gone.status());
    answer(encode_get_reply({gone->digest, body.digest_only ? Bytes() : std::move(gone->record)}));
  });
}

// On any thread.
Result<Replica::Held> PeerServer::held_of(const Keyspace& keyspace, Partition partition, const ReplicaGet& body) const {
  const KeyAddress at{*keyspace.store, partition, keyspace.id, body.key};
  const Replica& replica = node_.shard_of(partition).replica;
  const auto placement = keyspace.current_placement();
  const std::vector<std::string>& holders = placement->holders(partition);
  const bool stands_in =
      keyspace.rules.sloppy && std::find(holders.begin(), holders.end(), node_.identity().node) == holders.end();
  return stands_in ? held_in_hints(replica, at, holders, body.digest_only) : replica.held(at, body.digest_only);
}

void PeerServer::serve(Forward body, Answer answer) {
  Keyspace* keyspace = keyspace_for(body.put.head.keyspace, answer);
  if (keyspace == nullptr) return;
  Shard& shard = node_.shard_of(node_.partition_of_key(*keyspace, body.put.head.key));
  if (!STATOR_SEEDED_BUG(deadline_not_forwarded)) body.put.head.deadline = answer.deadline;
  run_on(shard.executor, [&shard, keyspace, put = std::move(body.put), answer = std::move(answer)]() mutable {
    shard.coordinator.put(
        *keyspace, std::move(put), true, [answer = std::move(answer)](Outcome<PutResult> outcome) mutable {
          answer(outcome.is_ok() ? encode_forward_reply(*outcome) : encode_peer_failure(outcome.failure()));
        });
  });
}

void PeerServer::serve(const CollectQuestion& body, Answer answer) {
  Result<CollectRequest> request = decode_collect_request(body.message);
  if (!request.is_ok()) return answer.fail(request.status());
  Keyspace* keyspace = keyspace_for(request->keyspace, answer);
  if (keyspace == nullptr) return;
  if (request->partition >= keyspace->current_placement()->primaries.size())
    return answer.fail({Code::invalid_argument, "a partition that the grid does not have"});
  Shard& shard = node_.shard_of(request->partition);
  run_on(shard.executor, [&shard, keyspace, ring = node_.ring_of(*keyspace), request = std::move(*request),
                          answer = std::move(answer)]() mutable {
    const std::string from = answer.node;
    shard.collections->serve(
        from, *keyspace, ring, std::move(request),
        [answer = std::move(answer)](const CollectReply& reply) mutable { answer(encode_collect_reply(reply)); });
  });
}

void PeerServer::serve(MembershipMessage body, Answer answer) {
  const std::string node = answer.node;
  answer(encode_put_reply(0));                             // only says that it has arrived
  if (!hooks_.membership || body.message.empty()) return;  // an empty one is a greeting: it has opened the link
  run_on(node_.first_loop(), [this, node, message = std::move(body.message)] { hooks_.membership(node, message); });
}

// Trees may be read, and copies too, on any loop.
void PeerServer::serve(const TreeQuestion& body, Answer answer) {
  const Result<TreeRequest> request = decode_tree_request(body.message);
  if (!request.is_ok()) return answer.fail(request.status());
  const Keyspace* keyspace = keyspace_for(request->keyspace, answer);
  if (keyspace == nullptr) return;
  const auto placement = keyspace->current_placement();
  const SharedTrees trees(node_.repair(*keyspace), *placement, node_.identity().node, answer.node);
  answer(encode_tree_reply(trees.answer(*request)));
}

void PeerServer::serve(const LeavesQuestion& body, Answer answer) {
  Result<LeafRequest> request = decode_leaf_request(body.message);
  if (!request.is_ok()) return answer.fail(request.status());
  const Keyspace* keyspace = keyspace_for(request->keyspace, answer);
  if (keyspace == nullptr) return;
  const std::string peer = answer.node;
  // It rests for a quarter of the time that the peer waits, and then makes haste.
  const TimePoint now = answer.home->now();
  const PacedLoop loop{*answer.home, node_.here().anti_entropy->cpu(), now + (answer.deadline - now) / 4};
  answer_leaves(loop, node_.repair(*keyspace), peer, std::move(*request),
                [answer = std::move(answer)](const Result<LeafReply>& reply) mutable {
                  if (!reply.is_ok()) return answer.fail(reply.status());
                  answer(encode_leaf_reply(*reply));
                });
}

// Reads only what is durable: on any loop. Whoever may yet learn that it has lost something is to be asked again: what
// it does not know would go unheard, and if nobody else knows it either the copy would be kept.
void PeerServer::serve(const VouchQuestion& body, Answer answer) {
  Result<VouchRequest> request = decode_vouch_request(body.message);
  if (!request.is_ok()) return answer.fail(request.status());
  const Keyspace* keyspace = keyspace_for(request->keyspace, answer);
  if (keyspace == nullptr) return;
  std::vector<Bytes> keys;
  for (const VouchRequest::Copy& copy : request->copies)
    keys.push_back(data_key(node_.partition_of_key(*keyspace, copy.key), keyspace->id, copy.key));
  Executor& home = *answer.home;
  read_keys_ahead(*keyspace->store, home, std::move(keys),
                  [this, keyspace, request = std::move(*request), answer = std::move(answer)]() mutable {
                    vouch(*keyspace, request, std::move(answer));
                  });
}

void PeerServer::vouch(const Keyspace& keyspace, const VouchRequest& request, Answer answer) const {
  VouchReply reply;
  for (const VouchRequest::Copy& copy : request.copies) {
    const Partition partition = node_.partition_of_key(keyspace, copy.key);
    const bool in_doubt = !keyspace.speaks_for(partition) && keyspace.authority->in_doubt();
    if (!in_doubt && !keyspace.vouches_for(partition))
      return answer.fail({Code::unavailable, "it is not known yet whether anything is missing here"});
    const KeyAddress at{*keyspace.store, partition, keyspace.id, copy.key};
    const Result<std::optional<Bytes>> stored = at.store.storage().get(storage_key_of(at));
    if (!stored.is_ok()) return answer.fail(stored.status());
    const Result<Context> seen = *stored ? stored_context(**stored) : Context();
    if (!seen.is_ok()) return answer.fail(seen.status());
    reply.knows.push_back(seen->covers(copy.context));
    reply.in_doubt = reply.in_doubt || in_doubt;
  }
  answer(encode_vouch_reply(reply));
}

void PeerServer::serve(const ExplainQuestion& body, Answer answer) {
  const Result<KeyQuestion> question = decode_key_question(body.message);
  if (!question.is_ok()) return answer.fail(question.status());
  const Keyspace* keyspace = keyspace_for(question->keyspace, answer);
  if (keyspace == nullptr) return;
  Shard& shard = node_.shard_of(node_.partition_of_key(*keyspace, question->key));
  run_on(shard.executor, [this, keyspace, key = question->key, answer = std::move(answer)]() mutable {
    report_key(node_, *keyspace, key, [answer = std::move(answer)](const Result<KeyReport>& report) mutable {
      if (!report.is_ok()) return answer.fail(report.status());
      answer(encode_key_report(*report));
    });
  });
}

}  // namespace stator
