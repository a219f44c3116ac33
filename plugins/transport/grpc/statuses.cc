#include "statuses.h"

#include <string>

namespace stator::grpc_transport {
namespace {

constexpr std::size_t kMaxMessage = 1024;

grpc::StatusCode to_grpc(Code code) {
  switch (code) {
    case Code::ok: return grpc::StatusCode::OK;
    case Code::invalid_argument: return grpc::StatusCode::INVALID_ARGUMENT;
    case Code::unauthenticated: return grpc::StatusCode::UNAUTHENTICATED;
    case Code::permission_denied: return grpc::StatusCode::PERMISSION_DENIED;
    case Code::not_found: return grpc::StatusCode::NOT_FOUND;
    case Code::conflict: return grpc::StatusCode::ABORTED;
    case Code::failed_precondition: return grpc::StatusCode::FAILED_PRECONDITION;
    case Code::too_large: return grpc::StatusCode::INVALID_ARGUMENT;
    case Code::resource_exhausted: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case Code::unimplemented: return grpc::StatusCode::UNIMPLEMENTED;
    case Code::unavailable: return grpc::StatusCode::UNAVAILABLE;
    case Code::deadline_exceeded: return grpc::StatusCode::DEADLINE_EXCEEDED;
    case Code::storage_full: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case Code::data_loss: return grpc::StatusCode::DATA_LOSS;
    case Code::internal: return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

Code from_grpc(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK: return Code::ok;
    case grpc::StatusCode::INVALID_ARGUMENT: return Code::invalid_argument;
    case grpc::StatusCode::UNAUTHENTICATED: return Code::unauthenticated;
    case grpc::StatusCode::PERMISSION_DENIED: return Code::permission_denied;
    case grpc::StatusCode::NOT_FOUND: return Code::not_found;
    case grpc::StatusCode::ABORTED: return Code::conflict;
    case grpc::StatusCode::FAILED_PRECONDITION: return Code::failed_precondition;
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return Code::resource_exhausted;
    case grpc::StatusCode::UNIMPLEMENTED: return Code::unimplemented;
    case grpc::StatusCode::DEADLINE_EXCEEDED: return Code::deadline_exceeded;
    case grpc::StatusCode::DATA_LOSS: return Code::data_loss;
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNAVAILABLE: return Code::unavailable;
    default: return Code::internal;
  }
}

}  // namespace

grpc::Status to_grpc(const Status& status) { return {to_grpc(status.code()), status.message().substr(0, kMaxMessage)}; }

Status from_grpc(const grpc::Status& status) {
  return status.ok() ? Status() : Status(from_grpc(status.error_code()), status.error_message());
}

void add_details(grpc::ServerContext& context, const Failure& failure) {
  context.AddTrailingMetadata("stator-code", code_name(failure.status.code()));
  if (failure.required) context.AddTrailingMetadata("stator-required", std::to_string(*failure.required));
  if (failure.acked) context.AddTrailingMetadata("stator-acked", std::to_string(*failure.acked));
}

Status shutting_down() { return {Code::unavailable, "the node is shutting down"}; }

}  // namespace stator::grpc_transport
