#include "workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

namespace stator::rocks {
namespace {

using Env = ::rocksdb::Env;

/// A job that says that it runs and waits until it is let go. Outlives the workers.
struct Gate {
  std::promise<void> entered;
  std::promise<void> let_go;
  static void pass(void* gate) {
    auto* self = static_cast<Gate*>(gate);
    self->entered.set_value();
    self->let_go.get_future().wait();
  }
};

void count(void* counter) { ++*static_cast<std::atomic<int>*>(counter); }

TEST(Workers, RunEveryJobBeforeTheyEnd) {
  std::atomic<int> ran = 0;
  {
    Workers workers(Env::Default());
    for (int i = 0; i < 100; ++i) workers.Schedule(count, &ran, i % 2 == 0 ? Env::LOW : Env::HIGH, nullptr, nullptr);
    workers.StartThread(count, &ran);
  }
  EXPECT_EQ(ran, 101);
}

TEST(Workers, RunAsManyAtATimeAsTheyMay) {
  Gate first;
  Gate second;
  std::atomic<int> third = 0;
  Workers workers(Env::Default());
  workers.IncBackgroundThreadsIfNeeded(2, Env::LOW);
  EXPECT_EQ(workers.GetBackgroundThreads(Env::LOW), 2);
  workers.Schedule(Gate::pass, &first, Env::LOW, nullptr, nullptr);
  workers.Schedule(Gate::pass, &second, Env::LOW, nullptr, nullptr);
  // Neither has been let go, and both run.
  first.entered.get_future().wait();
  second.entered.get_future().wait();
  workers.Schedule(count, &third, Env::LOW, nullptr, nullptr);
  EXPECT_EQ(workers.GetThreadPoolQueueLen(Env::LOW), 1U);
  EXPECT_EQ(third, 0);
  first.let_go.set_value();
  second.let_go.set_value();
}

TEST(Workers, GiveBackJobsThatWaitByTheirTag) {
  std::atomic<int> ran = 0;
  std::atomic<int> given_back = 0;
  int tag = 0;
  {
    Gate gate;
    Workers workers(Env::Default());
    workers.Schedule(Gate::pass, &gate, Env::HIGH, nullptr, nullptr);
    gate.entered.get_future().wait();
    workers.Schedule(count, &ran, Env::HIGH, nullptr, nullptr);
    workers.Schedule([](void*) { FAIL() << "it was taken back"; }, &given_back, Env::HIGH, &tag, count);
    EXPECT_EQ(workers.UnSchedule(&tag, Env::LOW), 0);
    EXPECT_EQ(workers.UnSchedule(&tag, Env::HIGH), 1);
    EXPECT_EQ(given_back, 1);
    gate.let_go.set_value();
  }
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace stator::rocks
