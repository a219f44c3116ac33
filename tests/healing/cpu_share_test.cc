#include "kernel/healing/cpu_share.h"

#include <gtest/gtest.h>

#include "kernel/causality/copy.h"
#include "kernel/healing/leaf_scan.h"
#include "kernel/healing/repair_line.h"
#include "kernel/healing/tree_builder.h"
#include "kernel/replica/storage_keys.h"
#include "tests/healing/hand_loop.h"

namespace stator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kNow{std::chrono::hours(1)};

TEST(CpuShare, RestsSoThatWorkHasItsShare) {
  CpuShare quarter(0.25);
  EXPECT_EQ(quarter.wait(kNow), Duration(0));
  quarter.spend(milliseconds(10), kNow);
  EXPECT_EQ(quarter.wait(kNow), milliseconds(30));
  EXPECT_EQ(quarter.wait(kNow + milliseconds(30)), Duration(0));
}

TEST(CpuShare, AddsUpWhatSeveralDo) {
  CpuShare half(0.5);
  half.spend(milliseconds(10), kNow);
  half.spend(milliseconds(10), kNow + milliseconds(10));
  EXPECT_EQ(half.wait(kNow + milliseconds(10)), milliseconds(20));
}

TEST(CpuShare, OfEverythingNeverRests) {
  CpuShare all(1);
  for (int i = 0; i < 100; ++i) {
    all.spend(milliseconds(5), kNow + milliseconds(5 * i));
    EXPECT_EQ(all.wait(kNow + milliseconds(5 * i)), Duration(0));
  }
}

TEST(CpuShare, NeverRestsForLongWhateverTheClockSays) {
  CpuShare little(0.01);
  little.spend(std::chrono::hours(5), kNow);
  EXPECT_EQ(little.wait(kNow), CpuShare::kLongestRest);
}

TEST(CpuShare, WorkThatTakesNoTimeNeedsNoRest) {
  CpuShare little(0.01);
  for (int i = 0; i < 1000; ++i) little.spend(Duration(0), kNow);
  EXPECT_EQ(little.wait(kNow), Duration(0));
}

class NoStamps final : public Stamps {
 public:
  std::optional<Stamp> next() override { return std::nullopt; }
  Stamp epoch_of(Stamp stamp) const override { return stamp; }
  Stamp now() override { return {}; }
  Stamp birth() override { return {}; }
  bool observe(Stamp /*stamp*/) override { return true; }
};

/// One loop that has a quarter of its time for anti-entropy, and a partition of many copies.
class PacedWork : public ::testing::Test {
 protected:
  explicit PacedWork(int copies = 5120) {
    for (int i = 0; i < copies; ++i) storage_.entries[data_key(0, 1, std::to_string(100'000 + i))] = encode_copy({});
  }
  Duration elapsed() const { return loop_.now() - kNow; }

  HandLoop loop_;
  SlowStorage storage_{loop_};
  Store store_{"disk", storage_, storage_};
  CpuShare cpu_{0.25};
  NoStamps stamps_;
  ReplicaCounters counters_;
  Replica replica_{"node-a", loop_, stamps_, counters_};
};

TEST_F(PacedWork, AScanOfLeavesRestsBetweenItsSlices) {
  storage_.cost = milliseconds(2);
  std::size_t seen = 0;
  bool done = false;
  scan_leaves(
      {loop_, cpu_}, {store_, 1, 0}, ~LeafSet{0}, [&seen](const LeafCopy&) { ++seen; },
      [&done](const Status& outcome) { done = outcome.is_ok(); });
  loop_.run_all();
  EXPECT_TRUE(done);
  EXPECT_EQ(seen, 5120u);
  // Five slices of 1,024, and four rests.
  EXPECT_EQ(elapsed(), 5 * milliseconds(2) + 4 * milliseconds(6));
}

TEST_F(PacedWork, AScanThatSomebodyWaitsForRestsOnlySoLong) {
  storage_.cost = milliseconds(2);
  bool done = false;
  scan_leaves(
      {loop_, cpu_, kNow + milliseconds(10)}, {store_, 1, 0}, ~LeafSet{0}, [](const LeafCopy&) {},
      [&done](const Status& outcome) { done = outcome.is_ok(); });
  loop_.run_all();
  EXPECT_TRUE(done);
  EXPECT_EQ(elapsed(), 5 * milliseconds(2) + milliseconds(6));
}

TEST_F(PacedWork, TreesAreMadeInSlicesWithARestBetween) {
  PartitionTrees trees(0);
  TreeBuilder builder({loop_, cpu_}, replica_, {{&store_, 1, &trees}}, {});
  builder.begin();
  while (!trees.built(0) && loop_.run_one()) {
  }
  ASSERT_TRUE(trees.built(0));
  // 512 copies in 5 ms: 100,000 a second.
  EXPECT_GE(elapsed(), 5120 / 512 * milliseconds(5));
  EXPECT_LE(elapsed(), 5120 / 512 * milliseconds(6));
}

TEST_F(PacedWork, TreesThatAreHardToMakeAreMadeMoreSlowly) {
  storage_.cost = milliseconds(20);
  PartitionTrees trees(0);
  TreeBuilder builder({loop_, cpu_}, replica_, {{&store_, 1, &trees}}, {});
  builder.begin();
  while (!trees.built(0) && loop_.run_one()) {
  }
  ASSERT_TRUE(trees.built(0));
  EXPECT_GE(elapsed(), 10 * milliseconds(20) + 9 * milliseconds(60));
}

class Echo final : public PeerLinks {
 public:
  explicit Echo(HandLoop& loop) : loop_(loop) {}
  void call(const std::string& /*node*/, PeerCall call, Done done) override {
    sent.push_back(loop_.now());
    loop_.post([done = std::move(done), frame = std::move(call.frame)]() mutable { done(std::move(frame)); });
  }
  bool likely_up(const std::string& /*node*/) const override { return true; }
  bool answered_last(const std::string& /*node*/) const override { return true; }
  Duration p99(const std::string& /*node*/) const override { return milliseconds(1); }
  std::vector<TimePoint> sent;

 private:
  HandLoop& loop_;
};

TEST_F(PacedWork, AComparisonRestsAfterWhatItMadeOfAnAnswer) {
  Echo links(loop_);
  RepairCounters counters;
  ByteBudget budget(1 << 30);
  const RepairTools tools{loop_, replica_, links, stamps_, nullptr, nullptr, counters, budget, cpu_};
  RepairLine line(tools, "node-b");
  const auto ask = [&line](PeerLinks::Done done) {
    line.ask(
        "tree", [](const PeerRequestHead&, TimePoint) { return std::make_shared<const Bytes>("frame"); },
        std::move(done));
  };
  ask([&](const Result<Frame>&) {
    loop_.pass(milliseconds(10));
    loop_.post([&ask] { ask([](const Result<Frame>&) {}); });
  });
  loop_.run_all();
  ASSERT_EQ(links.sent.size(), 2u);
  EXPECT_EQ(links.sent[0], kNow);
  EXPECT_EQ(links.sent[1], kNow + milliseconds(40));
}

}  // namespace
}  // namespace stator
