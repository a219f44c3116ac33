#include <gtest/gtest.h>

#include "tests/simulation/histories/directed_plans.h"
#include "tests/simulation/histories/history.h"
#include "tests/simulation/histories/report.h"
#include "tests/simulation/histories/shrink.h"
#include "tests/simulation/seeds.h"

namespace stator::simulation {
namespace {

Verdict run(std::uint64_t seed, RunOptions options = {}) { return run_history(make_plan(seed, {}), options); }

TEST(Histories, OfOneSeedAreOneHistoryByteForByte) {
  for (std::uint64_t seed : seeds(6)) {
    const Plan plan = make_plan(seed, {});
    const Verdict one = run(seed, {.trace = true});
    const Verdict other = run(seed, {.trace = true});
    EXPECT_EQ(one.trace, other.trace) << replay_hint(seed);
    EXPECT_EQ(summary(plan, one), summary(plan, other)) << replay_hint(seed);
    EXPECT_GT(one.trace.size(), 1000u);
  }
  EXPECT_NE(run(1).digest, run(2).digest);
}

TEST(Histories, AreTheSameWhetherTracedOrNot) { EXPECT_EQ(run(3).digest, run(3, {.trace = true}).digest); }

TEST(Histories, WithoutFaultsMeetNone) {
  const Plan plan = make_plan(1, {.faults = false, .round = std::chrono::seconds(10)});
  const Verdict calm = run_history(plan, {});
  EXPECT_EQ(calm.violation, std::nullopt);
  EXPECT_EQ(calm.tally.all_faults(), 0u);
  EXPECT_EQ(calm.tally.seen[static_cast<std::size_t>(Seen::failed_write)], 0u);
  EXPECT_GT(calm.tally.seen[static_cast<std::size_t>(Seen::acknowledged)], 50u);
}

TEST(DirectedPlans, AreNoTroubleForAKernelWithoutMistakes) {
  for (const std::string& name : directed_plans()) {
    for (std::uint64_t seed : seeds(20)) {
      const Plan plan = make_plan(seed, {.directed = name});
      const Verdict verdict = run_history(plan, {});
      EXPECT_EQ(verdict.violation, std::nullopt) << name << replay_hint(seed);
      EXPECT_GT(verdict.tally.seen[static_cast<std::size_t>(Seen::acknowledged)], 0u) << name;
    }
  }
}

// The process is stopped after its machine has lost the power within a write; then the disk is to be lost, of which
// there is no copy.
TEST(Histories, GoOnWhereADiskIsLostThatHadNoPower) {
  Plan plan = make_plan(1, {.faults = false, .requests_a_second = 100, .round = std::chrono::seconds(5)});
  const auto fault = [&plan](int at, FaultKind kind, int lasts) {
    plan.faults.push_back(
        {.at = std::chrono::milliseconds(at), .kind = kind, .lasts = std::chrono::milliseconds(lasts)});
  };
  fault(1000, FaultKind::torn_write, 3000);
  fault(2000, FaultKind::clean_restart, 2500);
  fault(2500, FaultKind::restore_copy, 100);
  EXPECT_EQ(run_history(plan, {}).violation, std::nullopt);
}

// Every write then waits between its arrival and what it builds on, and whatever else happens comes in between.
TEST(Histories, HoldWhereReadsBlock) {
  const auto run_blocking = [](std::uint64_t seed) { return run_history(make_plan(seed, {.blocking = true}), {}); };
  Plan otherwise = make_plan(1, {.blocking = true});
  otherwise.configuration.reads_may_block = false;
  EXPECT_NE(run_blocking(1).digest, run_history(otherwise, {}).digest);
  for (std::uint64_t seed : seeds(12)) {
    const Verdict verdict = run_blocking(seed);
    EXPECT_EQ(verdict.violation, std::nullopt) << replay_hint(seed);
    EXPECT_EQ(verdict.digest, run_blocking(seed).digest) << replay_hint(seed);
  }
}

TEST(Coverage, NamesWhatNoHistoryMet) {
  Tally all;
  all.faults.fill(1);
  all.seen.fill(1);
  all.requests_sent = all.dropped = all.cut_off = all.duplicated = all.straggled = 1;
  EXPECT_EQ(never_met(all), "");
  all.faults[static_cast<std::size_t>(FaultKind::wipe)] = 0;
  all.seen[static_cast<std::size_t>(Seen::hint_rehomed)] = 0;
  EXPECT_EQ(never_met(all), "fault.wipe hint_rehomed");
}

TEST(Histories, AreReplayedAsTheyWereMade) {
  EXPECT_EQ(replay_command(7, {}), "stator_sim --seed 7");
  EXPECT_EQ(replay_command(7, {.memtable = false, .collects = true}), "stator_sim --seed 7 --collects --map");
  EXPECT_EQ(replay_command(7, {.blocking = true}), "stator_sim --seed 7 --blocking");
  EXPECT_EQ(replay_command(1, {.directed = "copy_put_back"}, "old_copy_trusted"),
            "stator_sim_seeded --seed 1 --plan copy_put_back --bug old_copy_trusted");
}

// The liar, and what a failure looks like.
TEST(HistoryLiar, AnAcknowledgementBeforeTheSyncIsCaughtAndShrunk) {
  const RunOptions liar{.acknowledges_before_the_sync = true};
  std::uint64_t seed = 1;
  while (seed < 200 && !run(seed, liar).violation) ++seed;
  const Plan plan = make_plan(seed, {});
  const Verdict caught = run_history(plan, liar);
  ASSERT_TRUE(caught.violation.has_value());
  const Shrunk shrunk = shrink(plan, liar, 60);
  EXPECT_TRUE(shrunk.verdict.violation.has_value());
  EXPECT_LT(shrunk.plan.faults.size() + shrunk.plan.requests.size(), (plan.faults.size() + plan.requests.size()) / 4);
  const std::string report = failure_report(plan, caught, shrunk, replay_command(seed, {}));
  EXPECT_NE(report.find("replay: stator_sim --seed " + std::to_string(seed) + "\n"), std::string::npos);
  EXPECT_NE(report.find("keyspace default"), std::string::npos);
}

}  // namespace
}  // namespace stator::simulation
