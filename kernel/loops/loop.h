#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "kernel/loops/timer_wheel.h"
#include "stator/host.h"

namespace stator {

/// Above these bits a TimerId names the loop that armed it.
constexpr unsigned kLoopShift = 56;

/// One thread of EventLoops; private to this directory, since it brings Asio. Members are of the loop's own thread
/// unless marked. See EventLoops for the order within a turn.
class Loop {
 public:
  /// `siblings` (this one among them) outlives the loop and is complete before start().
  Loop(int index, const std::vector<std::unique_ptr<Loop>>& siblings);

  /// The loop that the calling thread runs, or null. [any-thread]
  static Loop* current();

  void start();
  /// [any-thread]
  void request_stop();
  void join();
  /// Destroys what did not run. After join().
  void discard();

  /// From any thread but a loop of the same EventLoops.
  void deliver(Task task);
  /// To this or another of the siblings.
  void post(int target, Task task);
  /// `foreign`: the id that another thread already gave to its caller, or 0.
  TimerId arm(TimePoint when, Task task, TimerId foreign);
  void cancel(TimerId timer);

  int index() const { return index_; }
  const std::vector<std::unique_ptr<Loop>>& siblings() const { return siblings_; }
  boost::asio::io_context& context() { return context_; }

 private:
  void run();
  void wait();
  void run_ready_handlers();
  void run_due_timers();
  void run_mailbox();
  void run_own_tasks();
  void send_outboxes();
  void deliver(std::vector<Task>& tasks);
  bool has_mail_or_sleep();
  std::uint64_t ticks_passed() const;
  std::uint64_t tick_of(TimePoint when) const;

  const int index_;
  const std::vector<std::unique_ptr<Loop>>& siblings_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::thread thread_;
  bool stopping_ = false;

  std::mutex mailbox_mutex_;
  std::vector<Task> mailbox_;  ///< under the mutex
  bool asleep_ = false;        ///< under the mutex: whoever puts mail into the box wakes the loop
  bool closed_ = false;        ///< under the mutex: nothing will run any more

  std::vector<Task> mail_;  ///< the batch from the mailbox that runs
  std::vector<Task> own_;   ///< posted by this loop to itself
  std::vector<Task> running_own_;
  std::vector<std::vector<Task>> outbox_;  ///< by loop: sent once in a turn, so that a hop costs no lock each
  const TimePoint epoch_ = std::chrono::steady_clock::now();
  TimerWheel wheel_;  ///< in ticks of a millisecond since epoch_
  std::unordered_map<TimerId, TimerWheel::Id> foreign_timers_;
};

}  // namespace stator
