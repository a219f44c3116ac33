#include "kernel/loops/loop.h"

#include <pthread.h>

#include <string>
#include <utility>

#include <boost/asio/post.hpp>

namespace stator {
namespace {

using Tick = std::chrono::milliseconds;

/// More handlers in a turn gather more frames for one write, and make those wait that were ready first.
constexpr int kHandlersPerTurn = 64;
/// How often tasks that a loop posts to itself may post on within one turn: enough for "after what is queued by now" to
/// be said three times, few enough that work in slices leaves room for sockets.
constexpr int kRoundsPerTurn = 4;

thread_local Loop* current_loop = nullptr;

void run_all(std::vector<Task>& tasks) {
  for (Task& task : tasks) {
    task();
    task = nullptr;  // what it captured goes now, not at the end of the batch
  }
  tasks.clear();
}

}  // namespace

Loop::Loop(int index, const std::vector<std::unique_ptr<Loop>>& siblings) : index_(index), siblings_(siblings) {}

Loop* Loop::current() { return current_loop; }

void Loop::start() {
  outbox_.resize(siblings_.size());
  thread_ = std::thread([this] {
    current_loop = this;
    pthread_setname_np(pthread_self(), ("loop-" + std::to_string(index_)).c_str());
    run();
    current_loop = nullptr;
  });
}

void Loop::request_stop() {
  deliver([this] { stopping_ = true; });
}

void Loop::join() {
  if (thread_.joinable()) thread_.join();
}

void Loop::discard() {
  std::vector<Task> unread;
  {
    std::lock_guard lock(mailbox_mutex_);
    closed_ = true;
    unread.swap(mailbox_);
  }
  unread.clear();
  std::exchange(own_, {}).clear();
  for (std::vector<Task>& box : outbox_) std::exchange(box, {}).clear();
  std::exchange(wheel_, TimerWheel());
}

void Loop::deliver(Task task) {
  bool wake = false;
  {
    std::lock_guard lock(mailbox_mutex_);
    if (closed_) return;
    mailbox_.push_back(std::move(task));
    wake = std::exchange(asleep_, false);
  }
  if (wake) boost::asio::post(context_, [] {});
}

void Loop::deliver(std::vector<Task>& tasks) {
  bool wake = false;
  {
    std::lock_guard lock(mailbox_mutex_);
    if (mailbox_.empty()) {
      mailbox_.swap(tasks);
    } else {
      for (Task& task : tasks) mailbox_.push_back(std::move(task));
    }
    wake = std::exchange(asleep_, false);
  }
  tasks.clear();
  if (wake) boost::asio::post(context_, [] {});
}

void Loop::post(int target, Task task) {
  (target == index_ ? own_ : outbox_[static_cast<std::size_t>(target)]).push_back(std::move(task));
}

TimerId Loop::arm(TimePoint when, Task task, TimerId foreign) {
  if (wheel_.empty()) wheel_.advance(ticks_passed());
  const std::uint64_t tick = tick_of(when);
  if (foreign == 0) return (std::uint64_t(index_) << kLoopShift) | wheel_.arm(tick, std::move(task));
  foreign_timers_[foreign] = wheel_.arm(tick, [this, foreign, task = std::move(task)]() mutable {
    foreign_timers_.erase(foreign);
    task();
  });
  return foreign;
}

void Loop::cancel(TimerId timer) {
  if (auto foreign = foreign_timers_.find(timer); foreign != foreign_timers_.end()) {
    const TimerWheel::Id armed = foreign->second;
    foreign_timers_.erase(foreign);
    wheel_.cancel(armed);
  } else {
    wheel_.cancel(timer & ((std::uint64_t{1} << kLoopShift) - 1));
  }
}

void Loop::run() {
  while (!stopping_) {
    wait();
    run_ready_handlers();
    run_due_timers();
    run_mailbox();
    send_outboxes();
    run_own_tasks();
    send_outboxes();
  }
}

/// Blocks until a handler, a task or a timer is there, and runs at most one handler.
void Loop::wait() {
  if (!own_.empty() || has_mail_or_sleep()) return;
  if (const std::optional<std::uint64_t> tick = wheel_.next()) {
    context_.run_one_until(epoch_ + Tick(*tick));
  } else {
    context_.run_one();
  }
}

bool Loop::has_mail_or_sleep() {
  std::lock_guard lock(mailbox_mutex_);
  asleep_ = mailbox_.empty();
  return !asleep_;
}

void Loop::run_ready_handlers() {
  for (int i = 0; i < kHandlersPerTurn; ++i) {
    if (context_.poll_one() == 0) return;
  }
}

void Loop::run_due_timers() {
  if (wheel_.empty()) return;
  wheel_.advance(ticks_passed());
  while (Task due = wheel_.pop_due()) due();
}

void Loop::run_mailbox() {
  {
    std::lock_guard lock(mailbox_mutex_);
    asleep_ = false;
    mail_.swap(mailbox_);
  }
  run_all(mail_);
}

void Loop::run_own_tasks() {
  for (int round = 0; round < kRoundsPerTurn && !own_.empty(); ++round) {
    running_own_.swap(own_);
    run_all(running_own_);
  }
}

void Loop::send_outboxes() {
  for (std::size_t target = 0; target < outbox_.size(); ++target) {
    if (!outbox_[target].empty()) siblings_[target]->deliver(outbox_[target]);
  }
}

std::uint64_t Loop::ticks_passed() const {
  return static_cast<std::uint64_t>(std::chrono::floor<Tick>(std::chrono::steady_clock::now() - epoch_).count());
}

/// Rounded up: a timer is never early.
std::uint64_t Loop::tick_of(TimePoint when) const {
  return when <= epoch_ ? 0 : static_cast<std::uint64_t>(std::chrono::ceil<Tick>(when - epoch_).count());
}

}  // namespace stator
