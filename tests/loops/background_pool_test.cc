#include "kernel/loops/background_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <memory>

namespace stator {
namespace {

TEST(BackgroundPool, RunsTasksBesideEachOther) {
  BackgroundPool pool(2);
  std::latch both(2), over(2);
  for (int i = 0; i < 2; ++i) {
    pool.run([&] {
      both.arrive_and_wait();  // hangs if the second waits for the first
      over.count_down();
    });
  }
  over.wait();
}

TEST(BackgroundPool, StopRunsWhatWaitsAndRefusesWhatComesLater) {
  std::atomic<int> ran{0};
  BackgroundPool pool(1);
  for (int i = 0; i < 100; ++i) pool.run([&] { ++ran; });
  pool.stop();
  EXPECT_EQ(ran, 100);
  auto held = std::make_shared<int>(0);
  pool.run([held] { ++*held; });
  pool.stop();
  EXPECT_EQ(*held, 0);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(BackgroundPool, StopWithoutPatienceDestroysWhatWaits) {
  auto held = std::make_shared<int>(0);
  BackgroundPool pool(1);
  std::latch running(1), go_on(1);
  pool.run([&] {
    running.count_down();
    go_on.wait();
  });
  pool.run([held] { ++*held; });
  running.wait();
  std::thread stopper([&] { pool.stop(Duration::zero()); });
  go_on.count_down();
  stopper.join();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace stator
