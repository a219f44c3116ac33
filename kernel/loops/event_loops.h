#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "stator/host.h"
#include "stator/task.h"

namespace stator {

class Loop;

/// The threads of a node: each runs one io_context, a mailbox for tasks from other threads, a queue for tasks from
/// itself and a timing wheel. An idle loop blocks in epoll; nothing polls. [any-thread]
///
/// One turn of a loop runs, in this order: the socket handlers that are ready (up to a bound), the timers that are due,
/// the tasks that came from elsewhere, and at last the tasks the loop posted to itself, which may post a few times
/// more. So whoever wants to act once for a whole turn, as a carrier that gathers frames into one write, posts to its
/// own loop.
///
/// Laws: tasks from one thread to one loop run in their order; a task posted before stop() runs; a wake-up is never
/// lost; a timer is never early, and up to 10 ms late unless the loop is busy; a cancelled timer never runs.
class EventLoops final : public Loops {
 public:
  /// 1 to 127 threads, named "loop-0", "loop-1" … They run from start() on; what is posted earlier waits.
  explicit EventLoops(int threads);
  /// Stops. Handlers that still wait in an io_context are destroyed here, unrun.
  ~EventLoops() override;

  /// Once. [startup]
  void start();
  /// Runs what was posted before, ends and joins the threads. What is posted later, and timers that are not due, are
  /// destroyed unrun. May be called twice. [any-thread but a loop, blocking]
  void stop();

  int count() const override;
  int current() const override;
  boost::asio::io_context& context(int loop) override;
  void post(int loop, Task task) override;

  /// On the caller's loop, or on the first when called from elsewhere: Host::post.
  void post(Task task);
  /// Host::after. On a loop it costs a clock reading and a few list operations, so every request can have one.
  TimerId after(Duration delay, Task task);
  /// Host::cancel. From another thread than the timer's it is only posted, and may come too late.
  void cancel(TimerId timer);

 private:
  Loop* here() const;
  void send_everything_posted();

  enum class State { made, running, stopped };
  State state_ = State::made;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::atomic<TimerId> last_foreign_timer_{0};
};

}  // namespace stator
