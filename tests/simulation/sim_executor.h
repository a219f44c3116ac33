#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "kernel/seams/executor.h"
#include "tests/simulation/scheduler.h"

namespace stator::simulation {

/// The one loop of a simulated node, for one life of it: destroyed with the process, and everything it still held with
/// it. A paused one (a long stop of the process) keeps its tasks and does not notice time. [the simulation's thread]
class SimExecutor final : public Executor {
 public:
  /// `wall_offset_ms`: how far this node's wall clock is ahead of the simulation's.
  SimExecutor(Scheduler& scheduler, std::int64_t wall_offset_ms)
      : scheduler_(scheduler), wall_offset_ms_(wall_offset_ms) {}
  ~SimExecutor() override;

  TimePoint now() const override { return scheduler_.now(); }
  std::uint64_t wall_millis() const override;
  bool here() const override { return running_; }
  void post(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;

  /// How many timers were ever set here.
  std::uint64_t timers_set() const { return last_timer_; }
  void pause() { paused_ = true; }
  void resume();
  void set_wall_offset_ms(std::int64_t offset) { wall_offset_ms_ = offset; }
  /// Runs what was posted, and what that posts, now. [startup of a clean stop]
  void drain();

 private:
  struct Queued {
    TimerId timer;  // 0: posted
    Task task;
  };
  void wake();
  void run_one();

  Scheduler& scheduler_;
  std::int64_t wall_offset_ms_;
  bool paused_ = false;
  bool running_ = false;
  EventId turn_ = 0;
  TimerId last_timer_ = 0;
  std::deque<Queued> queue_;
  std::map<TimerId, EventId> timers_;
};

}  // namespace stator::simulation
