#pragma once

#include <algorithm>

#include "kernel/seams/executor.h"
#include "stator/host.h"

namespace stator {

/// What part of a loop's time anti-entropy may take. Work that took t is followed by a rest, so that the two together
/// are t / share; what several do at the same time adds up. No rest is longer than a second, whatever a clock says.
/// Pure.
class CpuShare {
 public:
  static constexpr Duration kLongestRest = std::chrono::seconds(1);

  /// `share` is more than 0 and at most 1.
  explicit CpuShare(double share) : share_(share) {}

  /// How long until more may be done; zero: now.
  Duration wait(TimePoint now) const { return std::max<Duration>(rested_at_ - now, Duration(0)); }
  /// Work that ends now has taken so long.
  void spend(Duration took, TimePoint now) {
    const auto whole = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(took) / share_);
    rested_at_ = std::min<TimePoint>(std::max<TimePoint>(rested_at_, now - took) + whole, now + kLongestRest);
  }

 private:
  double share_;
  TimePoint rested_at_{};
};

/// One loop and its time for anti-entropy. Neither is owned. [its loop]
struct PacedLoop {
  Executor& executor;
  CpuShare& cpu;
  /// From then on nothing rests any more: somebody waits for the result.
  TimePoint late = TimePoint::max();

  /// How long the next piece of work is to wait.
  Duration rest() const {
    const TimePoint now = executor.now();
    return std::min<Duration>(cpu.wait(now), late > now ? late - now : Duration(0));
  }
};

/// A piece of work, from its making to its end.
class TimedWork {
 public:
  TimedWork(Executor& executor, CpuShare& cpu) : executor_(executor), cpu_(cpu), begun_(executor.now()) {}
  ~TimedWork() {
    const TimePoint now = executor_.now();
    cpu_.spend(now - begun_, now);
  }
  TimedWork(const TimedWork&) = delete;
  TimedWork& operator=(const TimedWork&) = delete;

 private:
  Executor& executor_;
  CpuShare& cpu_;
  const TimePoint begun_;
};

}  // namespace stator
