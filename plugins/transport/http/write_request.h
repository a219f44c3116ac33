#pragma once

#include <variant>

#include "http_request.h"
#include "refusal.h"
#include "router.h"
#include "stator/requests.h"

namespace stator::http {

/// Whether a PUT's body is the JSON envelope, and not the value itself.
bool has_envelope(const HttpRequest& request, const Query& query);

/// The largest body of a request that may be read, given the largest value there may be.
std::uint64_t body_limit(const HttpRequest& request, const Query& query, std::uint64_t max_value_bytes);

/// What a PUT, POST or DELETE asks of the kernel, without its deadline. Takes the body and the key out of its
/// arguments.
std::variant<PutRequest, Refusal> make_write(HttpRequest& request, Route& route, std::uint64_t max_value_bytes);

/// The head of a request, without its deadline; takes the key out of `route`.
RequestHead make_head(const HttpRequest& request, Route& route);

/// The trace id of a W3C traceparent field; empty if there is none, or none that is valid.
std::string trace_id(BytesView traceparent);

/// A client's name for a write as 16 bytes: a UUID as it is, any other text of 1 to 128 bytes hashed, since the older
/// API took any.
std::optional<OpId> make_op_id(BytesView text);

}  // namespace stator::http
