#include "kernel/coordinator/peer_messages.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "kernel/causality/op_id.h"
#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/frame_of.h"
#include "stator/v1/peer.pb.h"

namespace stator {
namespace {

using google::protobuf::Arena;

v1::PeerRequest* new_request(Arena& arena, const PeerRequestHead& head, TimePoint now) {
  auto* request = Arena::CreateMessage<v1::PeerRequest>(&arena);
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(head.deadline - now).count();
  request->set_timeout_us(static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
  if (!head.trace_id.empty()) request->set_trace_id(head.trace_id);
  if (head.born != Stamp{}) request->set_born(head.born.bits);
  request->set_background(head.background);
  return request;
}

template <typename Body>
void fill_replicate(Body* body, std::string_view keyspace, BytesView key, BytesView record) {
  body->set_keyspace(keyspace.data(), keyspace.size());
  body->set_key(key.data(), key.size());
  body->set_record(record.data(), record.size());
}

template <typename Body>
ReplicatePut take_replicate(Body* body, bool tombstone) {
  return {std::move(*body->mutable_keyspace()),
          std::move(*body->mutable_key()),
          std::move(*body->mutable_record()),
          tombstone,
          {}};
}

Result<Forward> take_forward(v1::ForwardRequest& put) {
  Forward to;
  to.put.head.keyspace = std::move(*put.mutable_keyspace());
  to.put.head.key = std::move(*put.mutable_key());
  if (put.has_w()) to.put.head.quorum = static_cast<int>(put.w());
  to.put.remove = put.remove();
  to.put.value = std::move(*put.mutable_value());
  if (put.has_operation())
    to.put.operation = Operation{std::move(*put.mutable_operation()), std::exchange(to.put.value, {})};
  to.put.content_type = std::move(*put.mutable_content_type());
  if (put.has_context()) to.put.context = std::move(*put.mutable_context());
  to.put.create_only = put.create_only();
  to.put.if_match = put.if_match();
  if (put.has_ttl_ms()) to.put.ttl = std::chrono::milliseconds(put.ttl_ms());
  if (put.has_op_id()) {
    OpId op{};
    if (put.op_id().size() != op.size()) return Status(Code::invalid_argument, "a forwarded op id is not 16 octets");
    std::copy(put.op_id().begin(), put.op_id().end(), op.begin());
    to.put.op_id = op;
  }
  return to;
}

}  // namespace

Frame encode_replicate(std::string_view keyspace, BytesView key, BytesView record, bool tombstone,
                       const PeerRequestHead& head, TimePoint now) {
  Arena arena;
  v1::PeerRequest* request = new_request(arena, head, now);
  if (tombstone) {
    fill_replicate(request->mutable_delete_(), keyspace, key, record);
  } else {
    fill_replicate(request->mutable_put(), keyspace, key, record);
  }
  return frame_of(*request);
}

Frame encode_replicate_delta(std::string_view keyspace, BytesView key, BytesView delta, const PeerRequestHead& head,
                             TimePoint now) {
  Arena arena;
  v1::PeerRequest* request = new_request(arena, head, now);
  v1::ReplicateDeltaRequest* body = request->mutable_delta();
  body->set_keyspace(keyspace.data(), keyspace.size());
  body->set_key(key.data(), key.size());
  body->set_delta(delta.data(), delta.size());
  return frame_of(*request);
}

Frame encode_hint(const ReplicatePut& hint, const PeerRequestHead& head, TimePoint now) {
  Arena arena;
  v1::PeerRequest* request = new_request(arena, head, now);
  fill_replicate(request->mutable_hint()->mutable_put(), hint.keyspace, hint.key, hint.record);
  request->mutable_hint()->set_hint_for(hint.hint_for);
  return frame_of(*request);
}

Frame encode_replica_get(std::string_view keyspace, BytesView key, bool digest_only, const PeerRequestHead& head,
                         TimePoint now) {
  Arena arena;
  v1::PeerRequest* request = new_request(arena, head, now);
  request->mutable_get()->set_keyspace(keyspace.data(), keyspace.size());
  request->mutable_get()->set_key(key.data(), key.size());
  request->mutable_get()->set_digest_only(digest_only);
  return frame_of(*request);
}

Frame encode_forward(const PutRequest& put, const PeerRequestHead& head, TimePoint now) {
  Arena arena;
  v1::PeerRequest* request = new_request(arena, head, now);
  v1::ForwardRequest* to = request->mutable_forward();
  to->set_keyspace(put.head.keyspace);
  to->set_key(put.head.key);
  if (put.head.quorum) to->set_w(static_cast<std::uint32_t>(*put.head.quorum));
  to->set_remove(put.remove);
  to->set_value(put.operation ? put.operation->arguments : put.value);
  if (put.operation) to->set_operation(put.operation->name);
  to->set_content_type(put.content_type);
  if (put.context) to->set_context(*put.context);
  to->set_create_only(put.create_only);
  to->set_if_match(put.if_match);
  if (put.op_id) to->set_op_id(std::string(view(*put.op_id)));
  if (put.ttl)
    to->set_ttl_ms(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(*put.ttl).count()));
  return frame_of(*request);
}

Frame encode_membership(BytesView message, const PeerRequestHead& head, TimePoint now) {
  Arena arena;
  v1::PeerRequest* request = new_request(arena, head, now);
  request->set_membership(message.data(), message.size());
  return frame_of(*request);
}

Result<PeerRequestMessage> decode_peer_request(BytesView frame, TimePoint now) {
  Arena arena;
  auto* request = Arena::CreateMessage<v1::PeerRequest>(&arena);
  if (!request->ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    return Status(Code::invalid_argument, "a peer's request is not one: malformed bytes");
  }
  constexpr std::uint64_t kLongestUs = 3'600'000'000;
  const auto left = std::chrono::microseconds(static_cast<std::int64_t>(std::min(request->timeout_us(), kLongestUs)));
  PeerRequestMessage message{
      {now + left, std::move(*request->mutable_trace_id()), Stamp{request->born()}, request->background()}, {}};
  switch (request->body_case()) {
    case v1::PeerRequest::kPut: message.body = take_replicate(request->mutable_put(), false); break;
    case v1::PeerRequest::kDelete: message.body = take_replicate(request->mutable_delete_(), true); break;
    case v1::PeerRequest::kGet:
      message.body = ReplicaGet{std::move(*request->mutable_get()->mutable_keyspace()),
                                std::move(*request->mutable_get()->mutable_key()), request->get().digest_only()};
      break;
    case v1::PeerRequest::kForward: {
      Result<Forward> forward = take_forward(*request->mutable_forward());
      if (!forward.is_ok()) return forward.status();
      forward->put.head.trace_id = message.head.trace_id;
      message.body = std::move(*forward);
      break;
    }
    case v1::PeerRequest::kDelta:
      message.body = ReplicateDelta{std::move(*request->mutable_delta()->mutable_keyspace()),
                                    std::move(*request->mutable_delta()->mutable_key()),
                                    std::move(*request->mutable_delta()->mutable_delta())};
      break;
    case v1::PeerRequest::kMembership:
      message.body = MembershipMessage{std::move(*request->mutable_membership())};
      break;
    case v1::PeerRequest::kTree: message.body = TreeQuestion{std::move(*request->mutable_tree())}; break;
    case v1::PeerRequest::kLeaf: message.body = LeavesQuestion{std::move(*request->mutable_leaf())}; break;
    case v1::PeerRequest::kHint: {
      ReplicatePut hint = take_replicate(request->mutable_hint()->mutable_put(), false);
      hint.hint_for = std::move(*request->mutable_hint()->mutable_hint_for());
      if (hint.hint_for.empty() || hint.hint_for.size() > 255)
        return Status(Code::invalid_argument, "a hint names no target");
      message.body = std::move(hint);
      break;
    }
    case v1::PeerRequest::kExplain: message.body = ExplainQuestion{std::move(*request->mutable_explain())}; break;
    case v1::PeerRequest::kVouch: message.body = VouchQuestion{std::move(*request->mutable_vouch())}; break;
    case v1::PeerRequest::kCollect: message.body = CollectQuestion{std::move(*request->mutable_collect())}; break;
    case v1::PeerRequest::BODY_NOT_SET:
      return Status(Code::unimplemented, "a peer's request of a kind this version does not know");
  }
  return message;
}

Frame encode_peer_failure(const Failure& failure) {
  Arena arena;
  auto* reply = Arena::CreateMessage<v1::PeerReply>(&arena);
  reply->set_code(static_cast<std::uint32_t>(failure.status.code()));
  reply->set_message(failure.status.message());
  if (failure.required) reply->set_required(static_cast<std::uint32_t>(*failure.required));
  if (failure.acked) reply->set_acked(static_cast<std::uint32_t>(*failure.acked));
  return frame_of(*reply);
}

Frame encode_put_reply(std::uint64_t digest) {
  Arena arena;
  auto* reply = Arena::CreateMessage<v1::PeerReply>(&arena);
  reply->mutable_put()->set_digest(digest);
  return frame_of(*reply);
}

Frame encode_delta_reply(bool lacks_base) {
  Arena arena;
  auto* reply = Arena::CreateMessage<v1::PeerReply>(&arena);
  reply->mutable_delta()->set_lacks_base(lacks_base);
  return frame_of(*reply);
}

Frame encode_get_reply(const ReplicaState& state) {
  Arena arena;
  auto* reply = Arena::CreateMessage<v1::PeerReply>(&arena);
  reply->mutable_get()->set_found(state.digest != 0);
  reply->mutable_get()->set_digest(state.digest);
  reply->mutable_get()->set_record(state.record);
  return frame_of(*reply);
}

Frame encode_forward_reply(const PutResult& result) {
  Arena arena;
  auto* reply = Arena::CreateMessage<v1::PeerReply>(&arena);
  v1::ForwardReply* forward = reply->mutable_forward();
  forward->set_context(result.context);
  forward->set_tombstone(result.tombstone);
  forward->set_clock(encode_context(result.clock));
  forward->set_stamp(result.stamp.bits);
  return frame_of(*reply);
}

Result<PeerReplyMessage> decode_peer_reply(BytesView frame) {
  Arena arena;
  auto* reply = Arena::CreateMessage<v1::PeerReply>(&arena);
  const Status malformed(Code::internal, "a peer's reply is not one: malformed bytes");
  if (!reply->ParseFromArray(frame.data(), static_cast<int>(frame.size()))) return malformed;
  PeerReplyMessage message;
  if (reply->code() != 0) {
    const auto last = static_cast<std::uint32_t>(Code::internal);
    Failure failure{
        Status(static_cast<Code>(std::min(reply->code(), last)), std::move(*reply->mutable_message())), {}, {}};
    if (reply->has_required()) failure.required = static_cast<int>(reply->required());
    if (reply->has_acked()) failure.acked = static_cast<int>(reply->acked());
    message.failure = std::move(failure);
    return message;
  }
  switch (reply->body_case()) {
    case v1::PeerReply::kPut: message.state.digest = reply->put().digest(); break;
    case v1::PeerReply::kDelta: message.lacks_base = reply->delta().lacks_base(); break;
    case v1::PeerReply::kGet:
      message.state = {reply->get().digest(), std::move(*reply->mutable_get()->mutable_record())};
      break;
    case v1::PeerReply::kForward: {
      Result<Context> clock = decode_context(reply->forward().clock());
      if (!clock.is_ok()) return malformed;
      message.forwarded = {reply->forward().context(), std::move(*clock), Stamp{reply->forward().stamp()},
                           reply->forward().tombstone()};
      break;
    }
    case v1::PeerReply::kTree:
    case v1::PeerReply::kLeaf:
    case v1::PeerReply::kExplain:
    case v1::PeerReply::kCollect:
    case v1::PeerReply::kVouch:
    case v1::PeerReply::BODY_NOT_SET: return malformed;
  }
  return message;
}

}  // namespace stator
