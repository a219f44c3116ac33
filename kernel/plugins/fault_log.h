#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "stator/host.h"
#include "stator/status.h"

namespace stator {

/// What one plugin instance did wrong: counted, and told through the host at most once a minute, so that a plugin that
/// fails a hundred thousand times a second does not fill the disk too. [any-thread] The host outlives it.
class FaultLog {
 public:
  /// `label` names the instance in messages: "storage fast (memtable 1.0.0)".
  FaultLog(Host& host, std::string label) : host_(host), label_(std::move(label)) {}

  /// Counts a fault and gives the Status that stands for it. `text` may belong to an exception of the plugin's: it is
  /// copied here, while that is alive, since the exception must not outlive the catch.
  Status record(std::string_view call, std::string_view text);
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  Host& host() const { return host_; }
  const std::string& label() const { return label_; }

 private:
  Host& host_;
  const std::string label_;
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<Duration::rep> next_line_ = 0;  ///< no line before this time
};

/// Calls into a plugin. What it throws, of whatever type, ends here: it is recorded, and `otherwise(status)` is the
/// result.
template <typename Call, typename Otherwise>
auto guarded(FaultLog& faults, std::string_view name, Call&& call, Otherwise&& otherwise) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& fault) {
    return otherwise(faults.record(name, fault.what()));
  } catch (...) {
    return otherwise(faults.record(name, "an exception that is not a std::exception"));
  }
}

/// The same for calls that return a Status or a Result.
template <typename Call>
auto guarded(FaultLog& faults, std::string_view name, Call&& call) -> decltype(call()) {
  return guarded(faults, name, call, [](Status status) -> decltype(call()) { return status; });
}

}  // namespace stator
