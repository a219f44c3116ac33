#pragma once

#include <grpcpp/server_context.h>

#include <optional>
#include <string>
#include <string_view>

#include "stator/host.h"

namespace stator::grpc_transport {

/// What a call says beside its message.
struct Arrival {
  std::optional<TimePoint> deadline;  ///< of the client, on the host's clock; absent: none was set
  std::string trace_id;               ///< 32 hex digits, or empty
};

Arrival arrival_of(const grpc::ServerContext& context, const Host& host);

/// The trace id of a W3C `traceparent`; empty if it is not a valid one.
std::string trace_id_of(std::string_view traceparent);

}  // namespace stator::grpc_transport
