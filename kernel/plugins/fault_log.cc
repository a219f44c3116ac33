#include "kernel/plugins/fault_log.h"

namespace stator {

Status FaultLog::record(std::string_view call, std::string_view text) {
  constexpr Duration kBetweenLines = std::chrono::minutes(1);
  std::uint64_t count = count_.fetch_add(1, std::memory_order_relaxed) + 1;
  Status status(Code::internal, label_ + " failed in " + std::string(call) + ": " + std::string(text));
  Duration::rep now = host_.now().time_since_epoch().count();
  Duration::rep next = next_line_.load(std::memory_order_relaxed);
  // Of several threads that meet here one wins the exchange and writes the line.
  bool due = count == 1 || now >= next;
  if (due && next_line_.compare_exchange_strong(next, now + kBetweenLines.count(), std::memory_order_relaxed)) {
    host_.log(LogLevel::error, status.message() + " (" + std::to_string(count) + " faults so far)");
  }
  return status;
}

}  // namespace stator
