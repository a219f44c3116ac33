#include "kernel/plugins/call_times.h"

namespace stator {
namespace {

std::string in_millis(Duration span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(span).count()) + " ms";
}

}  // namespace

Status CallTimes::admit() const {
  const Duration::rep until = left_out_until_.load(std::memory_order_relaxed);
  if (until == 0 || overruns_.host().now().time_since_epoch().count() >= until) return Status::ok();
  return {Code::unavailable,
          overruns_.label() + (until == kForGood ? " is left out, since a call of it did not return"
                                                 : " is left out for a while, since its calls take too long")};
}

void CallTimes::note(const char* name, Duration took) {
  if (took <= kBudget) {
    if (in_a_row_.load(std::memory_order_relaxed) != 0) in_a_row_ = 0;
    return;
  }
  Duration::rep before = left_out_until_.load(std::memory_order_relaxed);
  if (before == kForGood) return;
  static_cast<void>(overruns_.record(name, "a call took " + in_millis(took) + ", more than " + in_millis(kBudget)));
  if (++in_a_row_ < kPatience || !admit().is_ok()) return;
  Host& host = overruns_.host();
  if (!left_out_until_.compare_exchange_strong(before, (host.now() + kLeftOut).time_since_epoch().count())) return;
  host.log(LogLevel::error, overruns_.label() + " is left out for " + in_millis(kLeftOut) +
                                ", since its calls take too long: " + terms_.meanwhile);
}

/// On the watch's thread, when a call is late; it is ended next, if it can be.
void CallTimes::give_up(const char* name) {
  static_cast<void>(overruns_.record(name, "a call does not return"));
  if (left_out_until_.exchange(kForGood) == kForGood) return;
  overruns_.host().log(LogLevel::error, overruns_.label() +
                                            " is left out until the node starts again, since a call of " + name +
                                            " did not return: " + terms_.meanwhile);
}

}  // namespace stator
