#include "kernel/loops/event_loops.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace stator {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Runs the task on a loop and waits for its end.
void run_on(EventLoops& loops, int loop, Task task) {
  std::latch done(1);
  loops.post(loop, [&] {
    task();
    done.count_down();
  });
  done.wait();
}

TEST(EventLoops, CurrentIsTheLoopOfTheThread) {
  EventLoops loops(3);
  EventLoops others(1);
  loops.start();
  others.start();
  EXPECT_EQ(loops.count(), 3);
  EXPECT_EQ(loops.current(), -1);
  for (int i = 0; i < 3; ++i) {
    run_on(loops, i, [&, i] {
      EXPECT_EQ(loops.current(), i);
      EXPECT_EQ(others.current(), -1);
    });
  }
}

TEST(EventLoops, PostWithoutALoopStaysOnTheCallersOrGoesToTheFirst) {
  EventLoops loops(2);
  loops.start();
  std::latch done(2);
  loops.post([&] {
    EXPECT_EQ(loops.current(), 0);
    done.count_down();
  });
  loops.post(1, [&] {
    loops.post([&] {
      EXPECT_EQ(loops.current(), 1);
      done.count_down();
    });
  });
  done.wait();
}

TEST(EventLoops, NeverRunsAPostedTaskInsideThePost) {
  EventLoops loops(1);
  loops.start();
  run_on(loops, 0, [&] {
    auto ran = std::make_shared<bool>(false);
    loops.post(0, [ran] { *ran = true; });
    EXPECT_FALSE(*ran);
  });
}

/// Every loop and some strangers send to every loop; each receiver sees each sender's numbers ascending, and all of
/// them.
TEST(EventLoops, KeepsTheOrderOfEachSenderAndLosesNoWakeUp) {
  constexpr int kLoops = 3, kStrangers = 2, kSenders = kLoops + kStrangers, kTasks = 5000;
  EventLoops loops(kLoops);
  std::vector<std::vector<int>> last(kLoops, std::vector<int>(kSenders, -1));
  std::atomic<int> disorder{0};
  std::latch received(std::ptrdiff_t{kLoops} * kSenders * kTasks);
  auto send_one = [&](int sender, int number) {
    for (int to = 0; to < kLoops; ++to) {
      loops.post(to, [&, sender, number, to] {
        int& seen = last[static_cast<std::size_t>(to)][static_cast<std::size_t>(sender)];
        if (std::exchange(seen, number) != number - 1) ++disorder;
        received.count_down();
      });
    }
  };
  struct Chain {  // a loop sends one round a turn, so that the others fall asleep in between
    static void step(EventLoops& on, const std::function<void(int)>& send, int number) {
      if (number == kTasks) return;
      send(number);
      on.post([&on, &send, number] { step(on, send, number + 1); });
    }
  };
  loops.start();
  std::vector<std::function<void(int)>> senders;
  senders.reserve(kSenders);
  for (int i = 0; i < kSenders; ++i) senders.emplace_back([&send_one, i](int number) { send_one(i, number); });
  for (int i = 0; i < kLoops; ++i) {
    loops.post(i, [&, i] { Chain::step(loops, senders[static_cast<std::size_t>(i)], 0); });
  }
  std::vector<std::thread> strangers;
  for (int i = kLoops; i < kSenders; ++i) {
    strangers.emplace_back([&, i] {
      for (int number = 0; number < kTasks; ++number) senders[static_cast<std::size_t>(i)](number);
    });
  }
  for (std::thread& stranger : strangers) stranger.join();
  received.wait();
  EXPECT_EQ(disorder, 0);
  loops.stop();
}

/// A lost wake-up would hang here: the ball is always alone.
TEST(EventLoops, WakesASleeperForEveryTask) {
  EventLoops loops(2);
  loops.start();
  std::latch over(1);
  std::function<void(int)> play = [&](int left) {
    if (left == 0) return over.count_down();
    loops.post(1 - loops.current(), [&play, left] { play(left - 1); });
  };
  loops.post(0, [&] { play(20000); });
  over.wait();
  loops.stop();
}

TEST(EventLoops, OwnTasksComeAfterTheHandlersThatWereReady) {
  EventLoops loops(1);
  loops.start();
  std::vector<int> order;
  std::latch done(1);
  run_on(loops, 0, [&] {
    boost::asio::post(loops.context(0), [&] {
      order.push_back(1);
      loops.post(0, [&] {
        order.push_back(3);
        done.count_down();
      });
    });
    boost::asio::post(loops.context(0), [&] { order.push_back(2); });
  });
  done.wait();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
  loops.stop();
}

TEST(EventLoops, ATaskThatPostsItselfForEverStarvesNobody) {
  EventLoops loops(1);
  loops.start();
  std::atomic<bool> enough{false};
  std::function<void()> spin = [&] {
    if (!enough) loops.post(0, [&] { spin(); });
  };
  std::latch handler(1), timer(1);
  loops.post(0, [&] { spin(); });
  boost::asio::post(loops.context(0), [&] { handler.count_down(); });
  loops.after(milliseconds(2), [&] { timer.count_down(); });
  handler.wait();
  timer.wait();
  enough = true;
  loops.stop();
}

TEST(EventLoops, TimersRunOnTheirLoopInOrderAndNeverEarly) {
  EventLoops loops(2);
  loops.start();
  std::vector<int> order;
  std::latch done(3);
  const auto began = Clock::now();
  run_on(loops, 1, [&] {
    auto arm = [&](int millis) {
      loops.after(milliseconds(millis), [&, millis] {
        EXPECT_EQ(loops.current(), 1);
        EXPECT_GE(Clock::now() - began, milliseconds(millis));
        order.push_back(millis);
        done.count_down();
      });
    };
    arm(30);
    arm(1);
    arm(15);
  });
  done.wait();
  EXPECT_EQ(order, (std::vector{1, 15, 30}));
  loops.stop();
}

TEST(EventLoops, ACancelledTimerNeverRuns) {
  EventLoops loops(2);
  loops.start();
  std::latch done(3);
  std::atomic<int> wrong{0};
  auto not_this = [&] { ++wrong; };
  auto this_one = [&] { done.count_down(); };
  run_on(loops, 1, [&] {
    const TimerId victim = loops.after(milliseconds(5), not_this);
    loops.after(milliseconds(10), this_one);
    loops.cancel(victim);
    loops.cancel(victim);
    loops.cancel(0);
  });
  const TimerId from_outside = loops.after(std::chrono::hours(1), not_this);
  loops.after(milliseconds(10), this_one);
  loops.cancel(from_outside);
  TimerId elsewhere = 0;
  run_on(loops, 0, [&] { elsewhere = loops.after(std::chrono::hours(1), not_this); });
  run_on(loops, 1, [&] { loops.cancel(elsewhere); });
  run_on(loops, 0, this_one);
  done.wait();
  EXPECT_EQ(wrong, 0);
  loops.stop();
}

TEST(EventLoops, ATimerFromAnotherThreadRunsOnTheFirstLoop) {
  EventLoops loops(2);
  loops.start();
  std::latch done(1);
  const TimerId id = loops.after(milliseconds(1), [&] {
    EXPECT_EQ(loops.current(), 0);
    done.count_down();
  });
  EXPECT_NE(id, 0u);
  done.wait();
  loops.cancel(id);
}

TEST(EventLoops, StopRunsWhatWasPostedBeforeAlsoOnItsWayBetweenLoops) {
  constexpr int kTasks = 1000;
  std::atomic<int> ran{0};
  EventLoops loops(2);
  loops.start();
  for (int i = 0; i < kTasks; ++i) {
    loops.post(0, [&] { loops.post(1, [&] { ++ran; }); });
  }
  loops.stop();
  EXPECT_EQ(ran, kTasks);
  loops.stop();
}

TEST(EventLoops, StopDestroysUnrunWhatComesLaterAndTimersThatAreNotDue) {
  auto held = std::make_shared<int>(0);
  EventLoops loops(1);
  loops.start();
  loops.after(std::chrono::hours(1), [held] { ++*held; });
  loops.after(Duration::max(), [held] { ++*held; });
  loops.post(0, [&, held] { loops.after(std::chrono::hours(1), [held] { ++*held; }); });
  loops.stop();
  loops.post(0, [held] { ++*held; });
  EXPECT_EQ(*held, 0);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(EventLoops, NeedNotBeStarted) {
  auto held = std::make_shared<int>(0);
  {
    EventLoops loops(2);
    loops.post(1, [held] { ++*held; });
  }
  EXPECT_EQ(*held, 0);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace stator
