#include "arrival.h"

#include <grpc/support/time.h>

#include <algorithm>

namespace stator::grpc_transport {
namespace {

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<TimePoint> deadline_of(const grpc::ServerContext& context, const Host& host) {
  gpr_timespec deadline = context.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) return std::nullopt;
  gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  constexpr std::int64_t kYear = 365LL * 24 * 3600;  // further away is none at all, and would overflow
  if (left.tv_sec > kYear) return std::nullopt;
  return host.now() + std::chrono::seconds(left.tv_sec) + std::chrono::nanoseconds(left.tv_nsec);
}

}  // namespace

std::string trace_id_of(std::string_view traceparent) {
  // version "-" trace-id "-" parent-id "-" flags: 2, 32, 16 and 2 lower-case hex digits; later versions may add to the
  // tail.
  if (traceparent.size() < 55 || traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') return {};
  std::string_view version = traceparent.substr(0, 2);
  std::string_view trace = traceparent.substr(3, 32);
  if (!is_hex(version) || version == "ff" || (version == "00" && traceparent.size() != 55)) return {};
  if (!is_hex(trace) || trace.find_first_not_of('0') == std::string_view::npos) return {};
  return std::string(trace);
}

Arrival arrival_of(const grpc::ServerContext& context, const Host& host) {
  Arrival arrival;
  arrival.deadline = deadline_of(context, host);
  const auto& metadata = context.client_metadata();
  if (auto found = metadata.find("traceparent"); found != metadata.end()) {
    arrival.trace_id = trace_id_of({found->second.data(), found->second.size()});
  }
  return arrival;
}

}  // namespace stator::grpc_transport
