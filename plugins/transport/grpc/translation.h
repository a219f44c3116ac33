#pragma once

#include "arrival.h"
#include "stator/requests.h"
#include "stator/v1/kv.pb.h"

namespace stator::grpc_transport {

// Between the messages of stator.v1.KV and the kernel's requests. Pure. What is malformed (an op id that is no UUID, an
// unknown consistency, a number out of range) is invalid_argument; limits of keys and values are the kernel's to judge.

Result<PutRequest> to_request(v1::PutRequest&& message, Arrival arrival);
Result<PutRequest> to_request(v1::DeleteRequest&& message, Arrival arrival);
Result<PutRequest> to_request(v1::UpdateRequest&& message, Arrival arrival);
Result<GetRequest> to_request(v1::GetRequest&& message, Arrival arrival);

void to_reply(const PutResult& result, v1::PutReply& reply);
/// Moves the values out of `result`.
void to_reply(GetResult&& result, v1::GetReply& reply);

/// The 16 bytes of "123e4567-e89b-12d3-a456-426614174000", in either case; absent if the text is anything else.
std::optional<OpId> parse_op_id(std::string_view text);

}  // namespace stator::grpc_transport
