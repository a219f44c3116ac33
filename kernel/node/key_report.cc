#include "kernel/node/key_report.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/copy.h"
#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/frame_of.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"
#include "stator/v1/explain.pb.h"
#include "stator/v1/peer.pb.h"

namespace stator {
namespace {

Status malformed() { return {Code::internal, "a peer's explanation is not one: malformed bytes"}; }

KeyReport::Hint hint_of(const std::string& target, BytesView stored) {
  if (is_hint_reference(stored)) return {target, true, 0};
  return {target, false, record_digest(record_bytes(stored))};
}

/// Whether anything is kept for the target in that partition, whatever the key.
Result<bool> any_hint(Storage& storage, const std::string& target, Partition partition) {
  const auto below = [&](unsigned number) {
    const Bytes place{static_cast<char>(number >> 8 & 0xff), static_cast<char>(number & 0xff)};
    return hint_prefix(target).append(number > 0xffff ? Bytes(3, '\xff') : place);
  };
  bool found = false;
  const Status scanned = storage.scan(below(partition), below(partition + 1U), [&](BytesView, BytesView) {
    found = true;
    return false;
  });
  return scanned.is_ok() ? Result<bool>(found) : Result<bool>(scanned);
}

Status add_copy(Store& store, const Bytes& storage_key, KeyReport& report) {
  const Result<std::optional<Copy>> copy = read_copy(store.storage(), store.row_log(), storage_key);
  if (!copy.is_ok()) return copy.status();
  if (!*copy) return Status::ok();
  report.record = encode_record((*copy)->record);
  report.digest = record_digest(report.record);
  report.marked = (*copy)->mark && (*copy)->mark->incarnation == store.incarnation();
  return Status::ok();
}

Status add_hint(Storage& storage, const std::string& target, const KeyAddress& at, KeyReport& report) {
  const Result<std::optional<Bytes>> hint = storage.get(hint_key(target, at.partition, at.keyspace, at.key));
  if (!hint.is_ok()) return hint.status();
  if (*hint) report.hints.push_back(hint_of(target, **hint));
  const Result<bool> any = any_hint(storage, target, at.partition);
  if (!any.is_ok()) return any.status();
  if (*any) report.partition_hints_for.push_back(target);
  return Status::ok();
}

/// What the storage says. On any thread.
Result<KeyReport> read_report(const KeyAddress& at, const std::vector<Member>& members) {
  Storage& storage = at.store.storage();
  KeyReport report;
  Status added = add_copy(at.store, data_key(at.partition, at.keyspace, at.key), report);
  for (auto member = members.begin(); added.is_ok() && member != members.end(); ++member)
    added = add_hint(storage, member->id, at, report);
  return added.is_ok() ? Result<KeyReport>(std::move(report)) : Result<KeyReport>(added);
}

KeyReport::Leaf leaf_of(const PartitionTrees& trees, Partition partition, BytesView key) {
  const unsigned number = MerkleTree::leaf_of(key_hash(key));
  return {trees.built(partition), number, trees.leaf(partition, number)};
}

std::vector<KeyReport::Comparison> comparisons_of(const Node& node, const Keyspace& keyspace, Partition partition) {
  const auto placement = keyspace.current_placement();
  const std::vector<std::string>& holders = placement->holders(partition);
  const std::string& self = node.identity().node;
  if (std::find(holders.begin(), holders.end(), self) == holders.end()) return {};
  const TimePoint now = node.here().executor.now();
  std::vector<KeyReport::Comparison> all;
  for (const std::string& peer : holders) {
    if (peer == self) continue;
    const VerifiedTable::Peer& verified = node.repair(keyspace).verified.peer(peer);
    KeyReport::Comparison comparison{peer, {}, verified.differs(partition) != TimePoint{}};
    const TimePoint equal = verified.equal(partition);
    if (equal != TimePoint{}) {
      comparison.equal_for = std::chrono::duration_cast<std::chrono::milliseconds>(std::max(now - equal, Duration{}));
    }
    all.push_back(std::move(comparison));
  }
  return all;
}

}  // namespace

void report_key(const Node& node, const Keyspace& keyspace, Bytes key, UniqueFunction<void(Result<KeyReport>)> done) {
  const Partition partition = node.partition_of_key(keyspace, key);
  Store& store = *keyspace.store;
  auto read = [&store, partition, id = keyspace.id, key, ring = node.ring(node.membership_of(keyspace.rules.name))] {
    return read_report({store, partition, id, key}, ring->members);
  };
  const Shard& shard = node.shard_of(partition);
  read_with(store.readers(), shard.executor, std::move(read),
            [&node, &keyspace, &shard, partition, key, done = std::move(done)](Result<KeyReport> report) mutable {
              if (report.is_ok()) {
                report->leaf = leaf_of(node.repair(keyspace).trees, partition, key);
                report->comparisons = comparisons_of(node, keyspace, partition);
                report->last_round = shard.collector->last_block(keyspace, key);
              }
              done(std::move(report));
            });
}

Frame encode_key_question(const KeyQuestion& question, const PeerRequestHead& head, TimePoint now) {
  v1::ExplainRequest body;
  body.set_keyspace(question.keyspace);
  body.set_key(question.key);
  v1::PeerRequest request;
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(head.deadline - now).count();
  request.set_timeout_us(static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
  request.set_trace_id(head.trace_id);
  body.SerializeToString(request.mutable_explain());
  return frame_of(request);
}

Result<KeyQuestion> decode_key_question(BytesView message) {
  v1::ExplainRequest body;
  if (!body.ParseFromArray(message.data(), static_cast<int>(message.size())) || body.key().empty()) {
    return Status(Code::invalid_argument, "a peer's question about a key is not one");
  }
  return KeyQuestion{std::move(*body.mutable_keyspace()), std::move(*body.mutable_key())};
}

Frame encode_key_report(const KeyReport& report) {
  v1::ExplainReply body;
  body.set_digest(report.digest);
  body.set_record(report.record);
  body.set_marked(report.marked);
  for (const KeyReport::Hint& hint : report.hints) {
    v1::HeldHint* to = body.add_hints();
    to->set_target(hint.target);
    to->set_by_reference(hint.by_reference);
    to->set_digest(hint.digest);
  }
  for (const std::string& target : report.partition_hints_for) body.add_partition_hints_for(target);
  body.mutable_leaf()->set_built(report.leaf.built);
  body.mutable_leaf()->set_leaf(report.leaf.number);
  body.mutable_leaf()->set_hash(report.leaf.hash);
  for (const KeyReport::Comparison& comparison : report.comparisons) {
    v1::Comparison* to = body.add_comparisons();
    to->set_peer(comparison.peer);
    if (comparison.equal_for) to->set_equal_ms(static_cast<std::uint64_t>(comparison.equal_for->count()));
    to->set_differs(comparison.differs);
  }
  body.set_last_round(static_cast<std::uint32_t>(report.last_round));
  v1::PeerReply reply;
  body.SerializeToString(reply.mutable_explain());
  return frame_of(reply);
}

Result<KeyReport> decode_key_report(BytesView frame) {
  v1::PeerReply reply;
  if (!reply.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) return malformed();
  if (reply.code() != 0) {
    const auto last = static_cast<std::uint32_t>(Code::internal);
    return Status(static_cast<Code>(std::min(reply.code(), last)), std::move(*reply.mutable_message()));
  }
  v1::ExplainReply body;
  if (reply.body_case() != v1::PeerReply::kExplain || !body.ParseFromString(reply.explain())) return malformed();
  KeyReport report;
  report.digest = body.digest();
  report.record = std::move(*body.mutable_record());
  report.marked = body.marked();
  for (v1::HeldHint& hint : *body.mutable_hints()) {
    report.hints.push_back({std::move(*hint.mutable_target()), hint.by_reference(), hint.digest()});
  }
  for (std::string& target : *body.mutable_partition_hints_for()) {
    report.partition_hints_for.push_back(std::move(target));
  }
  report.leaf = {body.leaf().built(), body.leaf().leaf(), body.leaf().hash()};
  for (v1::Comparison& comparison : *body.mutable_comparisons()) {
    KeyReport::Comparison& to = report.comparisons.emplace_back();
    to.peer = std::move(*comparison.mutable_peer());
    if (comparison.has_equal_ms()) to.equal_for = std::chrono::milliseconds(comparison.equal_ms());
    to.differs = comparison.differs();
  }
  if (body.last_round() > static_cast<std::uint32_t>(CollectBlock::last_one)) return malformed();
  report.last_round = static_cast<CollectBlock>(body.last_round());
  return report;
}

}  // namespace stator
