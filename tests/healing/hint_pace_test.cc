#include "kernel/healing/hint_pace.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kNow{std::chrono::hours(1)};

void send_one(HintPace& pace, TimePoint now) {
  pace.begin();
  pace.sent(1, now);
}

TEST(TokenBucket, LetsARatePassWhateverTheSizes) {
  TokenBucket bucket(1'000, kNow);
  TimePoint now = kNow;
  std::uint64_t passed = 0;
  while (now < kNow + seconds(100)) {
    if (!bucket.ready(now)) {
      EXPECT_GT(bucket.ready_at(now), now);
      now = bucket.ready_at(now);
      continue;
    }
    const std::uint64_t size = 1 + passed % 7'777;
    bucket.spend(size, now);
    passed += size;
  }
  EXPECT_GE(passed, 99'000u);
  EXPECT_LE(passed, 110'000u);
}

TEST(HintPace, SendsNothingBeforeItsStart) {
  HintPace pace({}, kNow + seconds(1));
  EXPECT_FALSE(pace.may_send(kNow));
  EXPECT_EQ(pace.next(kNow), kNow + seconds(1));
  EXPECT_TRUE(pace.may_send(kNow + seconds(1)));
}

TEST(HintPace, HasFewInFlightAndMoreWithEachThatIsTaken) {
  HintPace pace({}, kNow);
  std::size_t most = 0;
  std::size_t in_flight = 0;
  for (int i = 0; i < 1'000; ++i) {
    while (pace.may_send(kNow)) {
      send_one(pace, kNow);
      ++in_flight;
    }
    EXPECT_TRUE(pace.full());
    EXPECT_TRUE(i > 0 || in_flight == 1);
    most = std::max(most, in_flight);
    pace.acknowledged();
    --in_flight;
  }
  EXPECT_EQ(most, HintPace::Options().most_in_flight);
}

TEST(HintPace, PausesLongerWithEachFailureUpToALimitAndNotAfterASuccess) {
  const HintPace::Options options;
  HintPace pace(options, kNow);
  TimePoint now = kNow;
  Duration longest{0};
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(pace.may_send(now));
    send_one(pace, now);
    pace.failed(now, 0.5);
    EXPECT_FALSE(pace.may_send(now));
    const Duration pause = pace.next(now) - now;
    EXPECT_GE(pause, longest);
    longest = pause;
    now = pace.next(now);
  }
  EXPECT_LE(longest, options.longest_pause);
  EXPECT_GT(longest, options.longest_pause / 2);
  send_one(pace, now);
  pace.acknowledged();
  EXPECT_TRUE(pace.may_send(now));
}

TEST(HintPace, CountsWhatIsBeingReadAndNoMoreWhatIsLeftOut) {
  HintPace pace({}, kNow);
  pace.begin();
  EXPECT_TRUE(pace.full()) << "the first goes alone, from when it is read on";
  EXPECT_FALSE(pace.may_send(kNow));
  pace.left_out();
  EXPECT_FALSE(pace.full());
  EXPECT_TRUE(pace.may_send(kNow));
}

TEST(HintPace, TakesFailuresOfOneMomentForOne) {
  HintPace pace({}, kNow);
  for (int i = 0; i < 10; ++i) {
    send_one(pace, kNow);
    pace.acknowledged();
  }
  for (int i = 0; i < 5; ++i) send_one(pace, kNow);
  for (int i = 0; i < 5; ++i) pace.failed(kNow, 0.0);
  EXPECT_LE(pace.next(kNow) - kNow, HintPace::Options().first_pause);
}

}  // namespace
}  // namespace stator
