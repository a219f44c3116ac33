#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "stator/requests.h"
#include "stator/status.h"

namespace stator::grpc_transport {

/// The canonical status of a failure. Codes that gRPC has not: conflict is ABORTED, too_large INVALID_ARGUMENT,
/// storage_full RESOURCE_EXHAUSTED. Messages are cut to 1 KiB: they travel in headers, which gRPC bounds.
grpc::Status to_grpc(const Status& status);

/// The nearest Code; for what gRPC itself reports.
Status from_grpc(const grpc::Status& status);

/// Says in trailing metadata what a canonical status cannot: `stator-code`, the code's own name, and of a missed quorum
/// `stator-required` and `stator-acked`.
void add_details(grpc::ServerContext& context, const Failure& failure);

/// What a request gets that a stop found or kept out.
Status shutting_down();

}  // namespace stator::grpc_transport
