#include "tests/simulation/sim_executor.h"

#include <algorithm>
#include <utility>

namespace stator::simulation {
namespace {

// The simulation begins in the middle of 2026; its virtual clock at one hour.
constexpr std::int64_t kBeginMillis = 1'780'000'000'000;

constexpr Duration kLongestTurn = std::chrono::microseconds(20);

}  // namespace

SimExecutor::~SimExecutor() {
  scheduler_.cancel(turn_);
  for (const auto& [timer, event] : std::exchange(timers_, {})) scheduler_.cancel(event);
  queue_.clear();
}

std::uint64_t SimExecutor::wall_millis() const {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(scheduler_.now().time_since_epoch()).count();
  return static_cast<std::uint64_t>(kBeginMillis + since + wall_offset_ms_);
}

void SimExecutor::post(Task task) {
  queue_.push_back({0, std::move(task)});
  wake();
}

TimerId SimExecutor::after(Duration delay, Task task) {
  const TimerId timer = ++last_timer_;
  timers_[timer] = scheduler_.after(delay, [this, timer, task = std::move(task)]() mutable {
    timers_.erase(timer);
    queue_.push_back({timer, std::move(task)});
    wake();
  });
  return timer;
}

// Also between the moment a timer is due and its turn.
void SimExecutor::cancel(TimerId timer) {
  if (timer == 0) return;
  if (auto found = timers_.find(timer); found != timers_.end()) {
    scheduler_.cancel(found->second);
    timers_.erase(found);
  }
  std::erase_if(queue_, [timer](const Queued& queued) { return queued.timer == timer; });
}

void SimExecutor::resume() {
  paused_ = false;
  wake();
}

// One event a task, so that other nodes' turns come in between.
void SimExecutor::wake() {
  if (turn_ != 0 || paused_ || queue_.empty()) return;
  turn_ = scheduler_.after(scheduler_.between(Duration(1), kLongestTurn), [this] {
    turn_ = 0;
    if (!paused_ && !queue_.empty()) run_one();
    wake();
  });
}

void SimExecutor::run_one() {
  Task task = std::move(queue_.front().task);
  queue_.pop_front();
  running_ = true;
  task();
  running_ = false;
}

void SimExecutor::drain() {
  while (!queue_.empty()) run_one();
}

}  // namespace stator::simulation
