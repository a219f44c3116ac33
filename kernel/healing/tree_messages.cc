#include "kernel/healing/tree_messages.h"

#include <algorithm>
#include <utility>

#include "kernel/coordinator/frame_of.h"
#include "stator/v1/peer.pb.h"
#include "stator/v1/repair.pb.h"

namespace stator {
namespace {

v1::PeerRequest new_request(const PeerRequestHead& head, TimePoint now) {
  v1::PeerRequest request;
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(head.deadline - now).count();
  request.set_timeout_us(static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
  if (!head.trace_id.empty()) request.set_trace_id(head.trace_id);
  if (head.born != Stamp{}) request.set_born(head.born.bits);
  return request;
}

template <typename Message>
bool parse(Message& message, BytesView bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

Status not_one(const char* what) {
  return {Code::invalid_argument, std::string("a peer's ") + what + " is not one: malformed bytes"};
}

const Status kNoReply(Code::internal, "a peer's reply is not one: malformed bytes");

// The reply around a body; the body is empty if it is of another kind.
Result<v1::PeerReply> unwrap(BytesView frame, v1::PeerReply::BodyCase wanted) {
  v1::PeerReply reply;
  if (!parse(reply, frame)) return kNoReply;
  if (reply.code() != 0) {
    const auto code = std::min(reply.code(), static_cast<std::uint32_t>(Code::internal));
    return Status(static_cast<Code>(code), reply.message());
  }
  if (reply.body_case() != wanted) return kNoReply;
  return reply;
}

}  // namespace

Frame encode_tree_request(const TreeRequest& request, const PeerRequestHead& head, TimePoint now) {
  v1::TreeRequest body;
  body.set_keyspace(request.keyspace);
  body.set_level(static_cast<std::uint32_t>(request.level));
  body.mutable_nodes()->Add(request.nodes.begin(), request.nodes.end());
  body.mutable_hashes()->Add(request.hashes.begin(), request.hashes.end());
  v1::PeerRequest whole = new_request(head, now);
  whole.set_tree(body.SerializeAsString());
  return frame_of(whole);
}

Frame encode_leaf_request(const LeafRequest& request, const PeerRequestHead& head, TimePoint now) {
  v1::LeafRequest body;
  body.set_keyspace(request.keyspace);
  for (const LeafQuestion& question : request.leaves) {
    v1::LeafQuestion* leaf = body.add_leaves();
    leaf->set_leaf(question.leaf);
    leaf->set_from(question.from);
    leaf->mutable_wanted()->Add(question.wanted.begin(), question.wanted.end());
  }
  v1::PeerRequest whole = new_request(head, now);
  whole.set_leaf(body.SerializeAsString());
  return frame_of(whole);
}

Result<TreeRequest> decode_tree_request(BytesView body) {
  v1::TreeRequest message;
  if (!parse(message, body) || message.level() > 2) return not_one("tree request");
  TreeRequest request{message.keyspace(),
                      static_cast<TreeLevel>(message.level()),
                      {message.nodes().begin(), message.nodes().end()},
                      {message.hashes().begin(), message.hashes().end()}};
  if (request.level == TreeLevel::groups && request.hashes.size() != request.nodes.size())
    return not_one("tree request");
  return request;
}

Result<LeafRequest> decode_leaf_request(BytesView body) {
  v1::LeafRequest message;
  if (!parse(message, body)) return not_one("leaf request");
  LeafRequest request{message.keyspace(), {}};
  for (const v1::LeafQuestion& leaf : message.leaves())
    request.leaves.push_back({leaf.leaf(), leaf.from(), {leaf.wanted().begin(), leaf.wanted().end()}});
  return request;
}

Frame encode_tree_reply(const TreeReply& reply) {
  v1::TreeReply body;
  body.set_answered(static_cast<std::uint32_t>(reply.answered));
  body.mutable_differing()->Add(reply.differing.begin(), reply.differing.end());
  body.mutable_children()->Add(reply.children.begin(), reply.children.end());
  body.mutable_hashes()->Add(reply.hashes.begin(), reply.hashes.end());
  body.mutable_unready()->Add(reply.unready.begin(), reply.unready.end());
  body.mutable_unsure()->Add(reply.unsure.begin(), reply.unsure.end());
  v1::PeerReply whole;
  whole.set_tree(body.SerializeAsString());
  return frame_of(whole);
}

Frame encode_leaf_reply(const LeafReply& reply) {
  v1::LeafReply body;
  for (const LeafEntries& entries : reply.leaves) {
    v1::LeafEntries* leaf = body.add_leaves();
    leaf->set_leaf(entries.leaf);
    leaf->set_next(entries.next);
    for (const LeafEntries::Entry& entry : entries.entries) {
      leaf->add_hashes(entry.hash);
      leaf->add_stamps(entry.newest.bits);
    }
  }
  for (const RepairRecord& record : reply.records) {
    v1::RepairRecord* added = body.add_records();
    added->set_key(record.key);
    added->set_record(record.record);
  }
  body.mutable_busy()->Add(reply.busy.begin(), reply.busy.end());
  body.mutable_unsure()->Add(reply.unsure.begin(), reply.unsure.end());
  v1::PeerReply whole;
  whole.set_leaf(body.SerializeAsString());
  return frame_of(whole);
}

Result<TreeReply> decode_tree_reply(BytesView frame) {
  const Result<v1::PeerReply> whole = unwrap(frame, v1::PeerReply::kTree);
  if (!whole.is_ok()) return whole.status();
  v1::TreeReply message;
  if (!parse(message, whole->tree()) || message.children_size() != message.hashes_size()) return kNoReply;
  return TreeReply{message.answered(),
                   {message.differing().begin(), message.differing().end()},
                   {message.children().begin(), message.children().end()},
                   {message.hashes().begin(), message.hashes().end()},
                   {message.unready().begin(), message.unready().end()},
                   {message.unsure().begin(), message.unsure().end()}};
}

Result<LeafReply> decode_leaf_reply(BytesView frame) {
  const Result<v1::PeerReply> whole = unwrap(frame, v1::PeerReply::kLeaf);
  if (!whole.is_ok()) return whole.status();
  v1::LeafReply message;
  if (!parse(message, whole->leaf())) return kNoReply;
  LeafReply reply;
  for (v1::LeafEntries& leaf : *message.mutable_leaves()) {
    if (leaf.hashes_size() != leaf.stamps_size()) return kNoReply;
    LeafEntries entries{leaf.leaf(), {}, leaf.next()};
    for (int i = 0; i < leaf.hashes_size(); ++i) entries.entries.push_back({leaf.hashes(i), Stamp{leaf.stamps(i)}});
    reply.leaves.push_back(std::move(entries));
  }
  for (v1::RepairRecord& record : *message.mutable_records())
    reply.records.push_back({std::move(*record.mutable_key()), std::move(*record.mutable_record())});
  reply.busy.assign(message.busy().begin(), message.busy().end());
  reply.unsure.assign(message.unsure().begin(), message.unsure().end());
  return reply;
}

}  // namespace stator
