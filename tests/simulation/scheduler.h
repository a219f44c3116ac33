#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

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
  /// Events that are still to come.
  std::size_t waiting() const { return slots_.size() - free_.size(); }

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
  /// A place in the order of events. Its task waits in a slot, so that ordering moves little; a slot that has been used
  /// again since belongs to a cancelled event.
  struct Turn {
    TimePoint when;
    std::uint64_t order;
    EventId event;
    bool operator>(const Turn& other) const { return when != other.when ? when > other.when : order > other.order; }
  };
  struct Slot {
    Task task;
    std::uint32_t use = 1;
  };

  static std::uint32_t slot_of(EventId event) { return static_cast<std::uint32_t>(event); }
  bool cancelled(EventId event) const { return slots_[slot_of(event)].use != event >> 32; }
  Task take(EventId event);
  void pop();
  /// Whether an event is due by `end`.
  bool due(TimePoint end);
  void run_next();

  std::mt19937_64 random_;
  TimePoint now_{std::chrono::hours(1)};
  std::uint64_t last_order_ = 0;
  std::vector<Turn> turns_;  // a heap, the next one in front
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace stator::simulation
