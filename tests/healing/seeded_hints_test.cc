#include <gtest/gtest.h>

#include "kernel/seeded_bugs.h"
#include "tests/healing/hint_scenarios.h"

namespace stator::simulation {
namespace {

struct Case {
  SeededBug bug;
  Violation (*scenario)();
};

/// The kernel with one deliberate mistake; the stories that a sound one passes must tell of it.
class SeededHintBug : public ::testing::TestWithParam<Case> {
 protected:
  ~SeededHintBug() override { seeded_bug = SeededBug::none; }
};

TEST_P(SeededHintBug, IsCaught) {
  EXPECT_EQ(GetParam().scenario(), std::nullopt) << "without the mistake";
  seeded_bug = GetParam().bug;
  EXPECT_NE(GetParam().scenario(), std::nullopt) << "with it";
}

INSTANTIATE_TEST_SUITE_P(
    All, SeededHintBug,
    ::testing::Values(Case{SeededBug::one_fallback_for_two_primaries, one_fallback_is_no_quorum},
                      Case{SeededBug::hint_counted_before_sync, a_hint_counts_after_its_sync},
                      Case{SeededBug::hint_dropped_on_failure, the_owner_is_given_what_it_missed},
                      Case{SeededBug::hint_generation_ignored, a_newer_write_is_not_lost},
                      Case{SeededBug::hint_mark_outlives_handoff, no_dot_is_minted_twice_after_a_handoff},
                      Case{SeededBug::hints_forgotten_at_restart, hints_outlive_their_holders_restart},
                      Case{SeededBug::hint_delivered_as_newest_alone, the_owner_is_given_what_it_missed}),
    [](const auto& test) {
      for (const SeededBugEntry& entry : kSeededBugs) {
        if (entry.bug == test.param.bug) return std::string(entry.name);
      }
      return std::string("unknown");
    });

}  // namespace
}  // namespace stator::simulation
