#include <gtest/gtest.h>

#include "tests/coordinator/random_history.h"
#include "tests/simulation/seeds.h"

namespace stator::simulation {
namespace {

HistoryOptions collecting(std::uint64_t seed) {
  HistoryOptions options{.seed = seed, .nodes = 4, .requests = 40, .keys = 6, .faults = 20};
  options.collects = true;
  return options;
}

TEST(CollectingHistories, BringNothingBackAndLoseNothingAndLeaveNoTombstone) {
  for (std::uint64_t seed : seeds(150))
    EXPECT_EQ(RandomHistory(collecting(seed)).run(), std::nullopt) << replay_hint(seed);
}

TEST(CollectingHistories, AreOneHistoryOfOneSeed) {
  for (std::uint64_t seed : seeds(3)) {
    RandomHistory one(collecting(seed));
    RandomHistory other(collecting(seed));
    static_cast<void>(one.run());
    static_cast<void>(other.run());
    EXPECT_EQ(one.trace(), other.trace()) << replay_hint(seed);
  }
}

TEST(CollectingHistories, AcknowledgeMuchOfWhatIsAskedAndCollectInBetween) {
  HistoryOptions options = collecting(1);
  options.faults = 0;
  RandomHistory calm(options);
  EXPECT_EQ(calm.run(), std::nullopt);
  EXPECT_GT(calm.acknowledged(), 30u);
  EXPECT_GT(calm.collected(), 0u);
}

}  // namespace
}  // namespace stator::simulation
