#include "tests/simulation/scheduler.h"

#include <algorithm>

namespace stator::simulation {

EventId Scheduler::after(Duration delay, Task task) {
  const TimePoint when = now_ + std::max(delay, Duration(0));
  const EventId event = ++last_event_;
  events_.emplace(std::pair(when, event), std::move(task));
  due_.emplace(event, when);
  return event;
}

void Scheduler::cancel(EventId event) {
  auto found = due_.find(event);
  if (found == due_.end()) return;
  const auto at = events_.find({found->second, event});
  due_.erase(found);
  // What the task held may, as it dies, cancel events of its own.
  const Task dropped = std::move(at->second);
  events_.erase(at);
}

Duration Scheduler::between(Duration least, Duration most) {
  return least + Duration(static_cast<std::int64_t>(below(static_cast<std::uint64_t>((most - least).count()) + 1)));
}

void Scheduler::run_next() {
  const auto next = events_.begin();
  now_ = next->first.first;
  Task task = std::move(next->second);
  due_.erase(next->first.second);
  events_.erase(next);
  task();
}

void Scheduler::run_for(Duration time) {
  const TimePoint end = now_ + time;
  while (!events_.empty() && events_.begin()->first.first <= end) run_next();
  now_ = end;
}

bool Scheduler::run_until(const std::function<bool()>& done, Duration most) {
  const TimePoint end = now_ + most;
  while (!done()) {
    if (events_.empty() || events_.begin()->first.first > end) return false;
    run_next();
  }
  return true;
}

}  // namespace stator::simulation
