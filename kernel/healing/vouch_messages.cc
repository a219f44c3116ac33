#include "kernel/healing/vouch_messages.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/frame_of.h"
#include "stator/v1/peer.pb.h"
#include "stator/v1/repair.pb.h"

namespace stator {

Frame encode_vouch_request(const VouchRequest& request, const PeerRequestHead& head, TimePoint now) {
  v1::VouchRequest body;
  body.set_keyspace(request.keyspace);
  for (const VouchRequest::Copy& copy : request.copies) {
    v1::VouchCopy* added = body.add_copies();
    added->set_key(copy.key);
    added->set_context(encode_context(copy.context));
  }
  v1::PeerRequest frame;
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(head.deadline - now).count();
  frame.set_timeout_us(static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
  body.SerializeToString(frame.mutable_vouch());
  return frame_of(frame);
}

Result<VouchRequest> decode_vouch_request(BytesView body) {
  const Status malformed(Code::invalid_argument, "a request to vouch is not one: malformed bytes");
  v1::VouchRequest message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) return malformed;
  VouchRequest request{std::move(*message.mutable_keyspace()), {}};
  for (v1::VouchCopy& copy : *message.mutable_copies()) {
    Result<Context> context = decode_context(copy.context());
    if (!context.is_ok() || copy.key().empty()) return malformed;
    request.copies.push_back({std::move(*copy.mutable_key()), std::move(*context)});
  }
  return request;
}

Frame encode_vouch_reply(const VouchReply& reply) {
  v1::VouchReply body;
  for (const bool knows : reply.knows) body.add_knows(knows);
  body.set_in_doubt(reply.in_doubt);
  v1::PeerReply frame;
  body.SerializeToString(frame.mutable_vouch());
  return frame_of(frame);
}

Result<VouchReply> decode_vouch_reply(BytesView bytes) {
  const Status malformed(Code::internal, "a reply to a request to vouch is not one: malformed bytes");
  v1::PeerReply frame;
  if (!frame.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return malformed;
  if (frame.code() != 0) {
    const auto last = static_cast<std::uint32_t>(Code::internal);
    return Status(static_cast<Code>(std::min(frame.code(), last)), std::move(*frame.mutable_message()));
  }
  v1::VouchReply body;
  if (frame.body_case() != v1::PeerReply::kVouch || !body.ParseFromString(frame.vouch())) return malformed;
  return VouchReply{{body.knows().begin(), body.knows().end()}, body.in_doubt()};
}

}  // namespace stator
