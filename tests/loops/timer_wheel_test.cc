#include "kernel/loops/timer_wheel.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

namespace stator {
namespace {

/// A wheel whose tasks write their number down.
struct Recorded {
  TimerWheel wheel;
  std::vector<int> ran;

  TimerWheel::Id arm(std::uint64_t tick, int number) {
    return wheel.arm(tick, [this, number] { ran.push_back(number); });
  }
  void advance(std::uint64_t tick) {
    wheel.advance(tick);
    while (Task due = wheel.pop_due()) due();
  }
};

TEST(TimerWheel, RunsInOrderOfTickThenOfArming) {
  Recorded timers;
  timers.arm(30, 3);
  timers.arm(10, 1);
  timers.arm(30, 4);
  timers.arm(20, 2);
  timers.advance(100);
  EXPECT_EQ(timers.ran, (std::vector{1, 2, 3, 4}));
}

TEST(TimerWheel, IsNeverEarly) {
  Recorded timers;
  timers.arm(10, 1);
  timers.advance(9);
  EXPECT_TRUE(timers.ran.empty());
  timers.advance(10);
  EXPECT_EQ(timers.ran, std::vector{1});
}

TEST(TimerWheel, ADueTimerCanStillBeCancelledByOneThatRunsBefore) {
  Recorded timers;
  TimerWheel::Id second = 0;
  timers.wheel.arm(5, [&] { EXPECT_TRUE(timers.wheel.cancel(second)); });
  second = timers.arm(5, 2);
  timers.advance(5);
  EXPECT_TRUE(timers.ran.empty());
  EXPECT_TRUE(timers.wheel.empty());
}

TEST(TimerWheel, AnIdIsNotGoodForTheNextTimerInTheSamePlace) {
  Recorded timers;
  const TimerWheel::Id old = timers.arm(5, 1);
  timers.advance(5);
  const TimerWheel::Id young = timers.arm(9, 2);
  EXPECT_NE(old, young);
  EXPECT_FALSE(timers.wheel.cancel(old));
  EXPECT_TRUE(timers.wheel.cancel(young));
  EXPECT_FALSE(timers.wheel.cancel(young));
  EXPECT_FALSE(timers.wheel.cancel(0));
}

TEST(TimerWheel, ATimerThatArmsItselfAnewWaitsForTheNextTick) {
  Recorded timers;
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    timers.wheel.arm(0, [&] { again(); });
  };
  timers.wheel.arm(1, [&] { again(); });
  timers.advance(7);
  EXPECT_EQ(runs, 1);
  timers.advance(8);
  EXPECT_EQ(runs, 2);
}

TEST(TimerWheel, DestroysACancelledTaskAtOnce) {
  TimerWheel wheel;
  auto held = std::make_shared<int>(1);
  const TimerWheel::Id id = wheel.arm(5, [held] {});
  EXPECT_EQ(held.use_count(), 2);
  wheel.cancel(id);
  EXPECT_EQ(held.use_count(), 1);
}

/// Against an ordered map, over spans of many turns of the wheel.
RC_GTEST_PROP(TimerWheel, BehavesAsAnOrderedMap, ()) {
  Recorded timers;
  std::multimap<std::uint64_t, int> model;
  std::vector<int> expected;
  std::map<int, TimerWheel::Id> ids;
  std::uint64_t now = 0;
  const int steps = *rc::gen::inRange(1, 200);
  for (int step = 0; step < steps; ++step) {
    const std::uint64_t distance = *rc::gen::element<std::uint64_t>(1, 3, 64, 1000, 4095, 4096, 4097, 20000);
    const int action = *rc::gen::inRange(0, 4);
    if (action <= 1) {
      model.emplace(now + distance, step);
      ids[step] = timers.arm(now + distance, step);
    } else if (action == 2) {
      now += distance;
      timers.advance(now);
      for (auto at = model.begin(); at != model.end() && at->first <= now; at = model.erase(at)) {
        expected.push_back(at->second);
        ids.erase(at->second);
      }
    } else if (!ids.empty()) {
      auto victim = std::next(ids.begin(), *rc::gen::inRange<int>(0, static_cast<int>(ids.size())));
      RC_ASSERT(timers.wheel.cancel(victim->second));
      std::erase_if(model, [&](const auto& entry) { return entry.second == victim->first; });
      ids.erase(victim);
    }
    RC_ASSERT(timers.ran == expected);
    RC_ASSERT(timers.wheel.size() == model.size());
    RC_ASSERT(timers.wheel.next().has_value() == !model.empty());
    if (!model.empty()) RC_ASSERT(*timers.wheel.next() <= model.begin()->first);
  }
}

}  // namespace
}  // namespace stator
