#include "stator/testing/fake_host.h"

#include <algorithm>
#include <utility>

namespace stator::testing {

FakeHost::FakeHost(Files& files, Options options) : files_(files), random_(options.seed) {
  if (options.background) extensions_.emplace(Background::kExtensionId, static_cast<Background*>(this));
}

void FakeHost::log(LogLevel level, std::string_view text) {
  std::lock_guard lock(mutex_);
  log_.emplace_back(level, text);
}

TimePoint FakeHost::now() const {
  std::lock_guard lock(mutex_);
  return now_;
}

Stamp FakeHost::stamp() {
  std::lock_guard lock(mutex_);
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
  const Stamp clock = Stamp::from_millis(static_cast<std::uint64_t>(millis));
  last_stamp_ = std::max(clock, Stamp{last_stamp_.bits + 1});
  return last_stamp_;
}

std::uint64_t FakeHost::random() {
  std::lock_guard lock(mutex_);
  return random_();
}

void FakeHost::post(Task task) {
  std::lock_guard lock(mutex_);
  queue_.push_back(std::move(task));
}

TimerId FakeHost::after(Duration delay, Task task) {
  std::lock_guard lock(mutex_);
  timers_.emplace(now_ + delay, Timer{++last_timer_, std::move(task)});
  return last_timer_;
}

void FakeHost::cancel(TimerId timer) {
  std::lock_guard lock(mutex_);
  std::erase_if(timers_, [timer](const auto& entry) { return entry.second.id == timer; });
}

void* FakeHost::extension(std::string_view id) {
  std::lock_guard lock(mutex_);
  auto found = extensions_.find(id);
  return found == extensions_.end() ? nullptr : found->second;
}

void FakeHost::offer(std::string_view id, void* facility) {
  std::lock_guard lock(mutex_);
  extensions_[std::string(id)] = facility;
}

void FakeHost::advance(Duration by) {
  std::lock_guard lock(mutex_);
  now_ += by;
  while (!timers_.empty() && timers_.begin()->first <= now_) {
    queue_.push_back(std::move(timers_.begin()->second.task));
    timers_.erase(timers_.begin());
  }
}

bool FakeHost::run_one() {
  std::unique_lock lock(mutex_);
  if (queue_.empty()) return false;
  Task task = std::move(queue_.front());
  queue_.pop_front();
  lock.unlock();
  task();
  return true;
}

std::size_t FakeHost::run_all() {
  std::size_t ran = 0;
  while (run_one()) ++ran;
  return ran;
}

std::size_t FakeHost::queued() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

std::vector<std::string> FakeHost::logged(LogLevel least) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const auto& [level, text] : log_) {
    if (level >= least) lines.push_back(text);
  }
  return lines;
}

}  // namespace stator::testing
