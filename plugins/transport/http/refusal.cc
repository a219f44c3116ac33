#include "refusal.h"

namespace stator::http {
namespace {

struct Row {
  int status;
  std::string_view name;
};

Row row_of(const Failure& failure) {
  switch (failure.status.code()) {
    case Code::invalid_argument: return {400, "invalid_argument"};
    case Code::unauthenticated: return {401, "unauthenticated"};
    case Code::permission_denied: return {403, "permission_denied"};
    case Code::not_found: return {404, "not_found"};
    case Code::conflict: return {409, "too_many_siblings"};
    case Code::failed_precondition: return {412, "precondition_failed"};
    case Code::too_large: return {413, "too_large"};
    case Code::resource_exhausted: return {429, "resource_exhausted"};
    case Code::unimplemented: return {501, "unimplemented"};
    case Code::unavailable: return {503, failure.required ? "quorum_not_reached" : "unavailable"};
    case Code::deadline_exceeded: return {504, "deadline_exceeded"};
    case Code::storage_full: return {507, "storage_full"};
    case Code::data_loss: return {500, "data_loss"};
    case Code::ok:
    case Code::internal: break;
  }
  return {500, "internal"};
}

}  // namespace

Refusal refusal_of(const Failure& failure) {
  const Row row = row_of(failure);
  return {row.status, row.name, failure.status.message(), {}, failure.required, failure.acked};
}

}  // namespace stator::http
