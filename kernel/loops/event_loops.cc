#include "kernel/loops/event_loops.h"

#include <algorithm>
#include <cstdlib>
#include <latch>
#include <utility>

#include "kernel/loops/loop.h"

namespace stator {
namespace {

/// Marks the id of a timer that was armed from a thread that is no loop: it was given before loop 0 armed it.
constexpr TimerId kForeign = TimerId{1} << 63;
constexpr int kMostLoops = 127;  // what a TimerId has room for

}  // namespace

EventLoops::EventLoops(int threads) {
  if (threads < 1 || threads > kMostLoops) std::abort();
  for (int i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>(i, loops_));
}

EventLoops::~EventLoops() { stop(); }

void EventLoops::start() {
  if (state_ != State::made) std::abort();
  state_ = State::running;
  for (auto& loop : loops_) loop->start();
}

void EventLoops::stop() {
  if (here() != nullptr) std::abort();  // a loop cannot wait for its own end
  if (state_ == State::running) {
    send_everything_posted();
    for (auto& loop : loops_) loop->request_stop();
    for (auto& loop : loops_) loop->join();
  }
  if (state_ != State::stopped) {
    for (auto& loop : loops_) loop->discard();
  }
  state_ = State::stopped;
}

/// A task on its way from loop to loop was posted before stop(), too: every loop sends what it has before any is told
/// to end.
void EventLoops::send_everything_posted() {
  std::latch sent(count());
  for (auto& loop : loops_) {
    loop->deliver([&loop, &sent] { loop->post(loop->index(), [&sent] { sent.count_down(); }); });
  }
  sent.wait();
}

int EventLoops::count() const { return static_cast<int>(loops_.size()); }

int EventLoops::current() const {
  const Loop* loop = here();
  return loop == nullptr ? -1 : loop->index();
}

boost::asio::io_context& EventLoops::context(int loop) { return loops_[static_cast<std::size_t>(loop)]->context(); }

void EventLoops::post(int loop, Task task) {
  if (Loop* from = here()) {
    from->post(loop, std::move(task));
  } else {
    loops_[static_cast<std::size_t>(loop)]->deliver(std::move(task));
  }
}

void EventLoops::post(Task task) {
  const Loop* from = here();
  post(from == nullptr ? 0 : from->index(), std::move(task));
}

TimerId EventLoops::after(Duration delay, Task task) {
  const TimePoint now = std::chrono::steady_clock::now();
  const TimePoint when = now + std::min(delay, TimePoint::max() - now);
  if (Loop* from = here()) return from->arm(when, std::move(task), 0);
  const TimerId id = kForeign | ++last_foreign_timer_;
  Loop* first = loops_.front().get();
  first->deliver([first, when, id, task = std::move(task)]() mutable { first->arm(when, std::move(task), id); });
  return id;
}

void EventLoops::cancel(TimerId timer) {
  if (timer == 0) return;
  const std::size_t owner = (timer & kForeign) != 0 ? 0 : timer >> kLoopShift;
  if (owner >= loops_.size()) return;
  Loop* loop = loops_[owner].get();
  Loop* from = here();
  if (from == loop) {
    loop->cancel(timer);
  } else {
    post(loop->index(), [loop, timer] { loop->cancel(timer); });
  }
}

Loop* EventLoops::here() const {
  Loop* loop = Loop::current();
  return loop != nullptr && &loop->siblings() == &loops_ ? loop : nullptr;
}

}  // namespace stator
