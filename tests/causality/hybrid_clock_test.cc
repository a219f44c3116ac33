#include "kernel/causality/hybrid_clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace stator {
namespace {

using std::chrono::milliseconds;

constexpr Stamp kFar = Stamp::from_millis(1'000'000);

HybridClock clock_from(Stamp start = {}) { return HybridClock(start, milliseconds(10'000)); }

RC_GTEST_PROP(HybridClock, StampsStrictlyIncreaseWhateverTheWallDoes, (const std::vector<std::uint16_t>& walls)) {
  HybridClock clock(Stamp{}, milliseconds(10'000));
  clock.raise_limit(kFar);
  Stamp last;
  for (std::uint16_t wall : walls) {
    const std::optional<Stamp> stamp = clock.tick(wall);
    RC_ASSERT(stamp.has_value());
    RC_ASSERT(*stamp > last);
    RC_ASSERT(stamp->millis() >= wall);
    last = *stamp;
  }
}

RC_GTEST_PROP(HybridClock, ReadingsNeverGoBackAndStampsAreAboveThem, (const std::vector<std::uint16_t>& walls)) {
  HybridClock clock(Stamp{}, milliseconds(10'000));
  clock.raise_limit(kFar);
  Stamp last;
  for (std::uint16_t wall : walls) {
    const Stamp reading = clock.read(wall);
    RC_ASSERT(reading >= last);
    RC_ASSERT(reading.millis() >= wall);
    last = wall % 2 == 0 ? reading : *clock.tick(wall);
    RC_ASSERT(last >= reading);
  }
}

TEST(HybridClock, GivesNothingAboveItsDurableLimit) {
  HybridClock clock = clock_from(Stamp::from_millis(10));
  EXPECT_EQ(clock.tick(10), std::nullopt);
  clock.raise_limit(Stamp::from_millis(20));
  EXPECT_TRUE(clock.tick(20).has_value());
  EXPECT_EQ(clock.tick(20), std::nullopt);
  EXPECT_EQ(clock.tick(21), std::nullopt);
}

TEST(HybridClock, LimitIsNeverLowered) {
  HybridClock clock = clock_from();
  clock.raise_limit(Stamp::from_millis(20));
  clock.raise_limit(Stamp::from_millis(10));
  EXPECT_EQ(clock.limit(), Stamp::from_millis(20));
}

// A life may have used anything up to its durable limit; the next begins there.
TEST(HybridClock, GoesOnAboveEverythingAnEarlierLifeGave) {
  HybridClock first = clock_from();
  first.raise_limit(Stamp::from_millis(500));
  Stamp given;
  for (int i = 0; i < 100; ++i) given = *first.tick(499);
  HybridClock second = clock_from(first.limit());
  second.raise_limit(kFar);
  EXPECT_GT(*second.tick(0), given);
}

TEST(HybridClock, IsMovedForwardByAStampThatArrives) {
  HybridClock clock = clock_from();
  clock.raise_limit(kFar);
  const Stamp remote{Stamp::from_millis(5'000).bits + 7};
  EXPECT_TRUE(clock.observe(remote, 100));
  EXPECT_GT(*clock.tick(100), remote);
}

TEST(HybridClock, RefusesAStampTooFarAheadAndIsNotMovedByIt) {
  HybridClock clock = clock_from();
  clock.raise_limit(kFar);
  EXPECT_TRUE(clock.observe(Stamp::from_millis(10'100), 100));
  const Stamp before = clock.last();
  EXPECT_FALSE(clock.observe(Stamp::from_millis(10'101), 100));
  EXPECT_EQ(clock.last(), before);
}

TEST(HybridClock, NoTwoThreadsGetOneStamp) {
  HybridClock clock = clock_from();
  clock.raise_limit(kFar);
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  std::vector<std::vector<Stamp>> given(kThreads);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::vector<Stamp>& mine : given) {
    threads.emplace_back([&clock, &mine] {
      for (int i = 0; i < kEach; ++i) mine.push_back(*clock.tick(static_cast<std::uint64_t>(i / 100)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<Stamp> all;
  for (const std::vector<Stamp>& mine : given) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kThreads * kEach));
}

}  // namespace
}  // namespace stator
