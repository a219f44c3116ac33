#include "tests/coordinator/datatype_history.h"

#include <gtest/gtest.h>

#include "tests/simulation/seeds.h"

namespace stator::simulation {
namespace {

TEST(DataTypeHistories, LoseNoAddBringNothingBackAndCountRight) {
  std::size_t acknowledged = 0;
  std::size_t unseen = 0;
  std::uint64_t lacking_base = 0;
  for (const std::uint64_t seed : seeds(200)) {
    DataTypeHistory history({.seed = seed});
    const std::optional<std::string> violation = history.run();
    ASSERT_EQ(violation, std::nullopt) << replay_hint(seed);
    acknowledged += history.acknowledged();
    unseen += history.unseen();
    lacking_base += history.lacking_base();
  }
  EXPECT_GT(acknowledged, 0u);
  if (seeds(2).size() > 1) {
    EXPECT_GT(unseen, 0u) << "no operation ever came where its client's past was missing";
    EXPECT_GT(lacking_base, 0u) << "no delta ever came where its base was missing";
  }
}

TEST(SetOracle, TellsWhatIsWrong) {
  SetOracle oracle;
  const std::string lost = oracle.begin_add();
  const std::string kept = oracle.begin_add();
  const std::string removed = oracle.begin_add();
  for (const std::string& element : {lost, kept, removed}) oracle.acknowledge_add(element);
  const std::string perhaps = oracle.begin_add();
  EXPECT_EQ(oracle.judge_end({lost, kept, removed}), std::nullopt);
  EXPECT_EQ(oracle.judge_end({lost, kept, removed, perhaps}), std::nullopt);
  EXPECT_NE(oracle.judge_end({kept, removed}), std::nullopt) << "lost";
  EXPECT_NE(oracle.judge_read({"other"}), std::nullopt) << "never added";
  oracle.begin_removal({kept, removed}, SetOracle::Elements{removed});
  EXPECT_EQ(oracle.judge_end({lost, kept}), std::nullopt);
  EXPECT_NE(oracle.judge_end({lost, removed}), std::nullopt) << "removed unseen";
  EXPECT_EQ(oracle.judge_end({lost, kept, removed}), std::nullopt) << "not acknowledged";
  oracle.acknowledge_removal({kept, removed}, SetOracle::Elements{removed});
  EXPECT_NE(oracle.judge_end({lost, kept, removed}), std::nullopt) << "back again";
  oracle.begin_removal({lost}, std::nullopt);
  oracle.acknowledge_removal({lost}, std::nullopt);
  EXPECT_EQ(oracle.judge_end({kept}), std::nullopt);
  EXPECT_EQ(oracle.judge_end({kept, lost}), std::nullopt) << "a blind one takes what its node has";
}

TEST(CounterOracle, TellsWhatIsWrong) {
  CounterOracle oracle;
  oracle.acknowledge(5);
  EXPECT_EQ(oracle.judge_end(5), std::nullopt);
  EXPECT_NE(oracle.judge_end(4), std::nullopt);
  EXPECT_NE(oracle.judge_end(6), std::nullopt);
  oracle.fail(2);
  oracle.fail(-1);
  EXPECT_EQ(oracle.judge_end(7), std::nullopt);
  EXPECT_EQ(oracle.judge_end(4), std::nullopt);
  EXPECT_NE(oracle.judge_end(8), std::nullopt);
  EXPECT_NE(oracle.judge_end(3), std::nullopt);
}

}  // namespace
}  // namespace stator::simulation
