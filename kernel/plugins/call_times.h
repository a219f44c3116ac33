#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "kernel/plugins/fault_log.h"

namespace stator {

/// How long a plugin's calls take. One that keeps taking too long is left out for a while, since nothing can stop a
/// call that has begun, and it holds a loop. [any-thread]
class CallTimes {
 public:
  /// How long a call may take, and how many that took longer, without one between that did not, are too many.
  static constexpr Duration kBudget = std::chrono::milliseconds(50);
  static constexpr int kPatience = 3;
  static constexpr Duration kLeftOut = std::chrono::seconds(30);

  /// `meanwhile`: what happens while the plugin is left out, for people.
  CallTimes(Host& host, std::string label, std::string meanwhile)
      : overruns_(host, std::move(label)), meanwhile_(std::move(meanwhile)) {}

  /// unavailable while the plugin is left out.
  Status admit() const;
  /// Makes the call, measured however it ends, less what it has waited meanwhile.
  template <typename Call>
  auto measure(const char* name, Call&& call, const Duration& waited = {}) -> decltype(call()) {
    struct Timed {
      CallTimes& times;
      const char* name;
      const Duration& waited;
      TimePoint begun = times.overruns_.host().now();
      ~Timed() { times.note(name, times.overruns_.host().now() - begun - waited); }
    } timed{*this, name, waited};
    return call();
  }
  /// Calls that took longer than kBudget.
  std::uint64_t overruns() const { return overruns_.count(); }

 private:
  void note(const char* name, Duration took);

  FaultLog overruns_;
  const std::string meanwhile_;
  std::atomic<int> in_a_row_ = 0;
  std::atomic<Duration::rep> left_out_until_ = 0;
};

}  // namespace stator
