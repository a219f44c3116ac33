#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <utility>

#include "stator/host.h"
#include "stator/task.h"

namespace stator::simulation {

/// Names an event that is still to come; 0 names none.
using EventId = std::uint64_t;

/// The one source of time, order and chance in a simulated cluster: a virtual clock that jumps from event to event. The
/// same seed and the same calls give the same run. [serial, one thread]
class Scheduler {
 public:
  explicit Scheduler(std::uint64_t seed) : random_(seed) {}
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  TimePoint now() const { return now_; }
  /// Runs the task after `delay`; of several due at one time, the one asked for first.
  EventId after(Duration delay, Task task);
  /// A cancelled task never runs; one that ran already, or 0, is ignored.
  void cancel(EventId event);

  /// Uniform, below `end`.
  std::uint64_t below(std::uint64_t end) { return random_() % end; }
  /// Uniform in [least, most].
  Duration between(Duration least, Duration most);
  bool chance(unsigned permille) { return permille > 0 && below(1000) < permille; }

  /// Lets that much time pass.
  void run_for(Duration time);
  /// Until `done()` holds, tried after every event, or `most` time has passed. Whether it holds.
  bool run_until(const std::function<bool()>& done, Duration most);

 private:
  void run_next();

  std::mt19937_64 random_;
  TimePoint now_{std::chrono::hours(1)};
  EventId last_event_ = 0;
  std::map<std::pair<TimePoint, EventId>, Task> events_;
  std::map<EventId, TimePoint> due_;
};

}  // namespace stator::simulation
