#include <gtest/gtest.h>

#include "kernel/seeded_bugs.h"
#include "tests/node/full_disk_scenarios.h"

namespace stator::simulation {
namespace {

struct Case {
  SeededBug bug;
  Violation (*scenario)(const MakeDisk&);
};

/// The kernel with one deliberate mistake; the stories that a sound one passes must tell of it.
class SeededFullDiskBug : public ::testing::TestWithParam<Case> {
 protected:
  ~SeededFullDiskBug() override { seeded_bug = SeededBug::none; }
};

TEST_P(SeededFullDiskBug, IsCaught) {
  EXPECT_EQ(GetParam().scenario(make_map_disk), std::nullopt) << "without the mistake";
  seeded_bug = GetParam().bug;
  EXPECT_NE(GetParam().scenario(make_map_disk), std::nullopt) << "with it";
}

INSTANTIATE_TEST_SUITE_P(All, SeededFullDiskBug,
                         ::testing::Values(Case{SeededBug::reserve_ignored, a_quorum_that_has_no_room_is_told_so},
                                           Case{SeededBug::full_replica_takes_values,
                                                a_full_replica_takes_removals_alone}),
                         [](const auto& test) {
                           for (const SeededBugEntry& entry : kSeededBugs) {
                             if (entry.bug == test.param.bug) return std::string(entry.name);
                           }
                           return std::string("unknown");
                         });

}  // namespace
}  // namespace stator::simulation
