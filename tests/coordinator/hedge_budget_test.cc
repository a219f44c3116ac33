#include "kernel/coordinator/hedge_budget.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

TEST(HedgeBudget, IsOneInTwentyReadsInTheLongRun) {
  HedgeBudget budget;
  constexpr std::uint64_t kReads = 10'000;
  for (std::uint64_t i = 0; i < kReads; ++i) {
    budget.earn();
    static_cast<void>(budget.spend());
  }
  EXPECT_NEAR(static_cast<double>(budget.spent()), kReads / 20.0, 2.0);
}

TEST(HedgeBudget, SavesOnlyAFew) {
  HedgeBudget budget;
  for (int i = 0; i < 10'000; ++i) budget.earn();
  while (budget.spend()) {
  }
  EXPECT_EQ(budget.spent(), 10u);
}

TEST(HedgeBudget, AllowsTheFirstReadOne) {
  HedgeBudget budget;
  EXPECT_TRUE(budget.spend());
  EXPECT_FALSE(budget.spend());
}

}  // namespace
}  // namespace stator
