#include <gtest/gtest.h>

#include "kernel/seeded_bugs.h"
#include "tests/coordinator/datatype_history.h"

namespace stator::simulation {
namespace {

/// The kernel with one deliberate mistake; histories that a sound one passes must tell of it.
class SeededDataTypeBug : public ::testing::TestWithParam<SeededBug> {
 protected:
  ~SeededDataTypeBug() override { seeded_bug = SeededBug::none; }
  static std::optional<std::string> violation(std::uint64_t seed, SeededBug bug) {
    seeded_bug = bug;
    return DataTypeHistory({.seed = seed}).run();
  }
};

TEST_P(SeededDataTypeBug, IsFound) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    if (!violation(seed, GetParam())) continue;
    EXPECT_EQ(violation(seed, SeededBug::none), std::nullopt) << "without the mistake, seed " << seed;
    return;
  }
  ADD_FAILURE() << "no history tells of it";
}

INSTANTIATE_TEST_SUITE_P(All, SeededDataTypeBug,
                         ::testing::Values(SeededBug::operation_takes_all_for_seen, SeededBug::operation_done_unseen,
                                           SeededBug::counter_not_incremented, SeededBug::delta_claims_whole_context,
                                           SeededBug::delta_applied_without_base),
                         [](const auto& test) {
                           for (const SeededBugEntry& entry : kSeededBugs) {
                             if (entry.bug == test.param) return std::string(entry.name);
                           }
                           return std::string("unknown");
                         });

}  // namespace
}  // namespace stator::simulation
