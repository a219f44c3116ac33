#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "kernel/loops/call_watch.h"
#include "kernel/plugins/fault_log.h"

namespace stator {

/// How long a plugin's calls take. One that keeps taking too long is left out for a while, since it holds a loop; one
/// with a call that did not return, and was ended, for good. [any-thread]
class CallTimes {
 public:
  /// How long a call may take, and how many that took longer, without one between that did not, are too many.
  static constexpr Duration kBudget = std::chrono::milliseconds(50);
  static constexpr int kPatience = 3;
  static constexpr Duration kLeftOut = std::chrono::seconds(30);
  /// What is wrong with a plugin whose call was ended.
  static constexpr const char* kEnded = "it did not return, and the call was ended";

  struct Terms {
    std::string meanwhile;       ///< what happens while the plugin is left out, for people
    CallWatch* watch = nullptr;  ///< null: nothing ends a call. It outlives the calls.
    CodeRange code;              ///< the plugin's
  };

  CallTimes(Host& host, std::string label, Terms terms) : overruns_(host, std::move(label)), terms_(std::move(terms)) {}

  /// unavailable while the plugin is left out.
  Status admit() const;
  /// Makes the call, measured however it ends, less what is excused by then: what it has waited meanwhile, and what it
  /// may take more because it has much to do. Absent if it did not return and was ended.
  template <typename Made>
  auto measure(const char* name, Made&& call, const Duration& excused = {}) -> std::optional<decltype(call())> {
    struct Timed {
      CallTimes& times;
      const char* name;
      const Duration& excused;
      TimePoint begun = times.overruns_.host().now();
      ~Timed() { times.note(name, times.overruns_.host().now() - begun - excused); }
    } timed{*this, name, excused};
    std::optional<decltype(call())> answer;
    const auto make = [&answer, &call] { answer.emplace(call()); };
    if (terms_.watch == nullptr) {
      make();
    } else {
      terms_.watch->run(
          terms_.code, [this, name] { give_up(name); }, make);
    }
    return answer;
  }
  /// Calls that took longer than kBudget.
  std::uint64_t overruns() const { return overruns_.count(); }
  /// Whether the plugin is left out for good. It must not be called again, not even to be destroyed.
  bool given_up() const { return left_out_until_.load(std::memory_order_relaxed) == kForGood; }

 private:
  static constexpr Duration::rep kForGood = Duration::max().count();

  void note(const char* name, Duration took);
  void give_up(const char* name);

  FaultLog overruns_;
  const Terms terms_;
  std::atomic<int> in_a_row_ = 0;
  std::atomic<Duration::rep> left_out_until_ = 0;
};

}  // namespace stator
