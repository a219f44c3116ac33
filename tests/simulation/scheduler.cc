#include "tests/simulation/scheduler.h"

#include <algorithm>
#include <utility>

namespace stator::simulation {

EventId Scheduler::after(Duration delay, Task task) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  Slot& slot = slots_[place];
  slot.task = std::move(task);
  const EventId event = (std::uint64_t{slot.use} << 32) | place;
  turns_.push_back({now_ + std::max(delay, Duration(0)), ++last_order_, event});
  std::push_heap(turns_.begin(), turns_.end(), std::greater<>());
  return event;
}

Task Scheduler::take(EventId event) {
  Slot& slot = slots_[slot_of(event)];
  Task task = std::move(slot.task);
  ++slot.use;
  free_.push_back(slot_of(event));
  return task;
}

void Scheduler::cancel(EventId event) {
  if (event == 0 || cancelled(event)) return;
  // What the task held may, as it dies, cancel events of its own.
  const Task dropped = take(event);
}

Duration Scheduler::between(Duration least, Duration most) {
  return least + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((most - least).count()) + 1)));
}

void Scheduler::pop() {
  std::pop_heap(turns_.begin(), turns_.end(), std::greater<>());
  turns_.pop_back();
}

bool Scheduler::due(TimePoint end) {
  while (!turns_.empty() && cancelled(turns_.front().event)) pop();
  return !turns_.empty() && turns_.front().when <= end;
}

void Scheduler::run_next() {
  const Turn next = turns_.front();
  pop();
  now_ = next.when;
  Task task = take(next.event);
  task();
}

void Scheduler::run_for(Duration time) {
  const TimePoint end = now_ + time;
  while (due(end)) run_next();
  now_ = end;
}

bool Scheduler::run_until(const std::function<bool()>& done, Duration most) {
  const TimePoint end = now_ + most;
  while (!done()) {
    if (!due(end)) return false;
    run_next();
  }
  return true;
}

}  // namespace stator::simulation
