#include "kernel/loops/call_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

// Code of its own section, which stands for a plugin's.
#define STRANGE __attribute__((section("strange"), noinline, used))

// The linker's names for where it is.
extern "C" const char __start_strange[];
extern "C" const char __stop_strange[];

namespace stator {
namespace {

void nothing() {}

STRANGE void spin() {
  for (volatile bool on = true; on;) {
  }
}

std::mutex shared;
__attribute__((noinline)) void use_what_is_shared() {
  const std::lock_guard lock(shared);
  for (volatile int rounds = 1000; rounds > 0;) rounds = rounds - 1;
}
STRANGE void spin_elsewhere() {
  for (;;) use_what_is_shared();
}

STRANGE void sleep() {
  for (;;) {
    const timespec hour{.tv_sec = 3600, .tv_nsec = 0};
    ::nanosleep(&hour, nullptr);
  }
}

struct CallWatches : ::testing::Test {
  bool returns(const std::function<void()>& call) { return watch.run(strange, tell_late, call); }

  const CodeRange strange{reinterpret_cast<std::uintptr_t>(__start_strange),
                          reinterpret_cast<std::uintptr_t>(__stop_strange)};
  std::atomic<int> late = 0;
  const std::function<void()> tell_late = [this] { ++late; };
  CallWatch watch;
};

TEST_F(CallWatches, ACallThatReturnsIsLeftAlone) {
  int calls = 0;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(returns([&] { ++calls; }));
  EXPECT_EQ(calls, 1000);
  EXPECT_EQ(late, 0);
  EXPECT_THROW(returns([] { throw std::runtime_error("thrown"); }), std::runtime_error);
}

TEST_F(CallWatches, WhatReturnsLateIsOnlyTold) {
  EXPECT_TRUE(watch.run({}, tell_late, [this] {
    while (late == 0) std::this_thread::yield();
  })) << "there is no code that it could be left from";
  EXPECT_EQ(late, 1);
}

TEST_F(CallWatches, WhatItWaitsForInOurOwnCodeIsNotItsTime) {
  EXPECT_TRUE(returns([] {
    const CallWatch::Elsewhere elsewhere;
    std::this_thread::sleep_for((CallWatch::kTurns + 10) * CallWatch::kTurn);
  }));
  EXPECT_EQ(late, 0);
}

#if STATOR_CALLS_CAN_BE_ENDED
TEST_F(CallWatches, OneThatSpinsIsEndedAndToldOnce) {
  EXPECT_FALSE(returns(spin));
  EXPECT_EQ(late, 1);
  EXPECT_TRUE(returns(nothing)) << "the thread is as before";
  EXPECT_FALSE(returns(spin)) << "the watch too";
  EXPECT_EQ(late, 2);
}

TEST_F(CallWatches, ThoseOfAllThreadsAreEnded) {
  std::atomic<int> ended = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { ended += returns(spin) ? 0 : 1; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(late, 3);
}

TEST_F(CallWatches, ACallIsLeftFromStrangeCodeAlone) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(returns(spin_elsewhere));
    ASSERT_TRUE(shared.try_lock()) << "it was left while it held a lock that is not its own";
    shared.unlock();
  }
}

TEST_F(CallWatches, OneThatSleepsIsWokenAndEnded) {
  EXPECT_FALSE(returns(sleep));
  EXPECT_EQ(late, 1);
}
#endif

TEST(CodeRange, IsThatOfTheObjectAroundTheAddress) {
  const CodeRange own = code_around(__start_strange);
  EXPECT_TRUE(own.holds(reinterpret_cast<std::uintptr_t>(__start_strange)));
  EXPECT_TRUE(own.holds(reinterpret_cast<std::uintptr_t>(&nothing)));
  const CodeRange library = code_around(reinterpret_cast<const void*>(&::nanosleep));
  EXPECT_FALSE(library.empty());
  EXPECT_FALSE(library.holds(reinterpret_cast<std::uintptr_t>(&nothing)));
  static const int number = 0;
  EXPECT_EQ(code_around(&number).first, own.first) << "data is in the object too";
  const int local = 0;
  EXPECT_TRUE(code_around(&local).empty());
}

}  // namespace
}  // namespace stator
