#include <gtest/gtest.h>

#include "tests/healing/hint_cluster.h"
#include "tests/healing/hint_scenarios.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Hints, FallbacksStandInForPrimariesThatAreDown) { EXPECT_EQ(fallbacks_stand_in(), std::nullopt); }

TEST(Hints, OneFallbackIsNoQuorum) { EXPECT_EQ(one_fallback_is_no_quorum(), std::nullopt); }

TEST(Hints, CountOnlyAfterTheirSync) { EXPECT_EQ(a_hint_counts_after_its_sync(), std::nullopt); }

TEST(Hints, GiveTheOwnerWhatItMissed) { EXPECT_EQ(the_owner_is_given_what_it_missed(), std::nullopt); }

TEST(Hints, OutliveTheRestartOfWhoeverHoldsThem) { EXPECT_EQ(hints_outlive_their_holders_restart(), std::nullopt); }

TEST(Hints, ThatChangeOnTheirWayStay) { EXPECT_EQ(a_newer_write_is_not_lost(), std::nullopt); }

TEST(Hints, TakeTheirMarkWithThem) { EXPECT_EQ(no_dot_is_minted_twice_after_a_handoff(), std::nullopt); }

TEST(Hints, WithoutFallbacksTheCoordinatorKeepsAReference) {
  HintCluster on({.nodes = 3});
  on.cluster.cut_power(2);
  for (int i = 0; i < 20; ++i) must_put(on.cluster, 0, put_of("key-" + std::to_string(i), std::string(5000, 'v')));
  settle(on.cluster);
  EXPECT_EQ(on.hints(0, 2).pending, 20u);
  EXPECT_LT(on.hints(0, 2).bytes, 20u * 1000);
  EXPECT_EQ(on.pending(), 20u);
  on.cluster.cut_power(0);
  ASSERT_TRUE(on.cluster.start(0).is_ok());
  EXPECT_EQ(on.hints(0, 2).pending, 20u);
  ASSERT_TRUE(on.cluster.start(2).is_ok());
  EXPECT_TRUE(on.drains());
  EXPECT_EQ(on.hints(0, 2).delivered, 20u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(values(on.cluster.copy(2, "key-" + std::to_string(i))).size(), 1u) << i;
}

TEST(Hints, OfASlowPrimaryAreDeliveredToo) {
  ClusterOptions options{.nodes = 5};
  options.rules.w = 3;
  HintCluster on(std::move(options));
  on.cluster[on.primaries[2]].executor().pause();
  must_put(on.cluster, on.primaries[0], put_of("k", "v"));
  EXPECT_EQ(on.hints(on.fallbacks[0], on.primaries[2]).pending, 1u);
  on.cluster[on.primaries[2]].executor().resume();
  EXPECT_TRUE(on.drains());
  EXPECT_EQ(on.values_at(on.primaries[2]), std::vector<std::string>{"v"});
}

TEST(Hints, InAStrictKeyspaceThereAreNone) {
  ClusterOptions options{.nodes = 5};
  options.rules.sloppy = false;
  HintCluster on(std::move(options));
  on.cluster.cut_power(on.primaries[2]);
  must_put(on.cluster, on.primaries[0], put_of("k", "v"));
  on.cluster.cut_power(on.primaries[1]);
  must_fail(on.cluster, on.primaries[0], put_of("k", "w"));
  must_fail(on.cluster, on.primaries[0], get_of("k"));
  settle(on.cluster);
  EXPECT_EQ(on.pending(), 0u);
}

TEST(Hints, WhenAllPrimariesAreDownFallbacksTakeWritesAndAnswerReads) {
  HintCluster on;
  const Bytes never_written = on.key_beside();
  for (std::size_t node : on.primaries) on.cluster.cut_power(node);
  for (int i = 0; i < 10; ++i) static_cast<void>(on.write(on.fallbacks[1], put_of("k", "v")));
  const GetResult read = must_get(on.cluster, on.fallbacks[1], get_of("k"));
  EXPECT_EQ(values(read), std::vector<std::string>{"v"});
  // Nobody here can know whether this one exists.
  EXPECT_EQ(must_fail(on.cluster, on.fallbacks[1], get_of(never_written)).status.code(), Code::unavailable);
  for (std::size_t node : on.primaries) ASSERT_TRUE(on.cluster.start(node).is_ok());
  EXPECT_TRUE(on.drains());
  for (std::size_t node : on.primaries) EXPECT_EQ(on.values_at(node), std::vector<std::string>{"v"});
  for (std::size_t node : on.fallbacks) EXPECT_FALSE(on.cluster.copy(node, "k").has_value());
}

TEST(Hints, AreReadWhileTheirPrimaryIsDown) {
  HintCluster on;
  on.cluster.cut_power(on.primaries[1]);
  on.cluster.cut_power(on.primaries[2]);
  must_put(on.cluster, on.primaries[0], put_of("k", "v"));
  settle(on.cluster);
  on.cluster.cut_power(on.primaries[0]);
  EXPECT_EQ(values(must_get(on.cluster, on.fallbacks[0], get_of("k"))), std::vector<std::string>{"v"});
}

TEST(Hints, AboveTheirBytesAreRefusedAndCounted) {
  ClusterOptions options{.nodes = 5};
  options.rules.hint_bytes = 10'000;
  HintCluster on(std::move(options));
  on.cluster.cut_power(on.primaries[1]);
  on.cluster.cut_power(on.primaries[2]);
  must_put(on.cluster, on.primaries[0], put_of("k", std::string(5'000, 'v')));
  must_fail(on.cluster, on.primaries[0], put_of("k", std::string(50'000, 'w')));
  std::uint64_t overflowed = 0;
  for (std::size_t fallback : on.fallbacks) {
    for (std::size_t target : on.primaries) overflowed += on.hints(fallback, target).overflowed;
  }
  EXPECT_GE(overflowed, 2u);
}

TEST(Hints, AReferenceIsDroppedAfterTheWindowAndACopyBroughtToAnotherPrimary) {
  ClusterOptions options{.nodes = 5};
  options.rules.hint_window = seconds(30);
  HintCluster on(std::move(options));
  for (std::size_t node : on.primaries) on.cluster.cut_power(node);
  for (int i = 0; i < 10; ++i) static_cast<void>(on.write(on.fallbacks[0], put_of("k", "v")));
  settle(on.cluster);
  ASSERT_GE(on.pending(), 2u);
  ASSERT_TRUE(on.cluster.start(on.primaries[2]).is_ok());
  on.cluster.scheduler().run_for(seconds(60));
  EXPECT_EQ(on.values_at(on.primaries[2]), std::vector<std::string>{"v"});
  EXPECT_EQ(on.pending(), 0u);
  EXPECT_GE(on.hints(on.fallbacks[0], on.primaries[0]).rehomed, 1u);
  EXPECT_EQ(on.hints(on.fallbacks[0], on.primaries[0]).dropped, 0u);

  must_put(on.cluster, on.primaries[2], with_quorum(put_of("k", "w"), 1));
  settle(on.cluster);
  on.cluster.scheduler().run_for(seconds(60));
  EXPECT_EQ(on.pending(), 0u);
}

// Nobody else may hold it: it is never brought anywhere, and would never be the target's again.
TEST(Hints, ACopyForAKeysOnlyPrimaryIsBroughtToItHoweverOld) {
  ClusterOptions options{.nodes = 5};
  options.rules.n = options.rules.r = options.rules.w = 1;
  options.rules.hint_window = seconds(30);
  Cluster cluster(std::move(options));
  const std::size_t only = cluster.holders("k").front();
  cluster.cut_power(only);
  const std::size_t other = (only + 1) % 5;
  static_cast<void>(cluster.put(other, put_of("gone", "v")));
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return cluster.put(other, put_of("k", "v")).is_ok(); }, seconds(10)));
  cluster.scheduler().run_for(seconds(60));
  ASSERT_TRUE(cluster.start(only).is_ok());
  cluster.scheduler().run_for(seconds(60));
  const auto held = cluster.copy(only, "k");
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(values(held), std::vector<std::string>{"v"});
}

// Writes are on three disks: one of two peers may have lost its own, and know nothing of this one.
TEST(Hints, OfAnOldDiskWaitUntilEnoughHaveSaidWhatItIs) {
  ClusterOptions options{.nodes = 5};
  options.setup.anti_entropy.interval = seconds(10);
  options.rules.w = 3;
  options.rules.tombstone_grace = seconds(60);
  HintCluster on(std::move(options));
  const std::size_t owner = on.primaries[2];
  const std::size_t holder = on.fallbacks[0];
  must_put(on.cluster, on.primaries[0], put_of("k", "v"));
  on.cluster.cut_power(owner);
  ASSERT_TRUE(
      on.cluster.scheduler().run_until([&] { return on.write(on.primaries[0], put_of("k", "w")); }, seconds(9)));
  ASSERT_TRUE(on.cluster.stop(holder).is_ok());
  on.cluster[holder].disk().keep_copy();
  ASSERT_TRUE(on.cluster.start(holder).is_ok());
  ASSERT_TRUE(on.cluster.start(owner).is_ok());
  ASSERT_TRUE(on.drains());
  on.cluster.scheduler().run_for(seconds(120));
  on.cluster.cut_power(holder);
  on.cluster[holder].disk().restore_copy();
  on.cluster.wipe(owner);
  for (std::size_t node = 0; node < 5; ++node) {
    if (node != owner) on.cluster.network().isolate(on.id(holder), {on.id(node)});
  }
  for (std::size_t node : {owner, holder}) ASSERT_TRUE(on.cluster.start(node).is_ok());
  on.cluster.scheduler().run_for(seconds(30));
  EXPECT_EQ(on.hints(holder, owner).pending, 1u) << "the owner cannot say whether that is an old disk";
  EXPECT_EQ(on.hints(holder, owner).delivered, 0u);
  on.cluster.network().heal();
  EXPECT_TRUE(on.drains());
  EXPECT_EQ(on.hints(holder, owner).delivered, 0u);
  EXPECT_EQ(on.hints(holder, owner).dropped, 1u);
}

// Whose word was waited for has left the cluster since.
TEST(Hints, WaitForNobodyWhoIsNoMember) {
  ClusterOptions options{.nodes = 3};
  options.rules.w = 3;
  HintCluster on(std::move(options));
  on.cluster.cut_power(1);
  must_put(on.cluster, 0, with_quorum(put_of("k", "v"), 2));
  settle(on.cluster);
  ASSERT_EQ(on.hints(0, 1).pending, 1u);
  on.cluster.cut_power(0);
  on.cluster.cut_power(2);
  for (std::size_t node : {0, 1}) ASSERT_TRUE(on.cluster.start(node).is_ok());
  settle(on.cluster);
  EXPECT_EQ(on.hints(0, 1).pending, 1u);
  Node& kernel = on.cluster[0].node();
  kernel.set_members(kernel.memberships().front(), 128, {{on.id(0), {}, {}}, {on.id(1), {}, {}}});
  EXPECT_TRUE(on.drains());
  EXPECT_EQ(on.hints(0, 1).delivered, 1u);
}

TEST(Hints, WaitTellsWhenAllThatWasQueuedIsDelivered) {
  HintCluster on({.nodes = 3});
  on.cluster.cut_power(2);
  must_put(on.cluster, 0, put_of("k", "v"));
  settle(on.cluster);
  std::vector<std::size_t> told;
  Shard& shard = *on.cluster[0].node().shards()[0];
  const TimePoint now = on.cluster.scheduler().now();
  shard.delivery.wait(now + seconds(3), [&told](std::size_t left) { told.push_back(left); });
  shard.delivery.wait(now + seconds(60), [&told](std::size_t left) { told.push_back(left); });
  on.cluster.scheduler().run_for(seconds(5));
  EXPECT_EQ(told, std::vector<std::size_t>{1});
  ASSERT_TRUE(on.cluster.start(2).is_ok());
  EXPECT_TRUE(on.cluster.scheduler().run_until([&told] { return told.size() == 2; }, seconds(30)));
  EXPECT_EQ(told, (std::vector<std::size_t>{1, 0}));
  EXPECT_TRUE(on.cluster.copy(2, "k").has_value());
}

// What the target refuses for itself is tried again after half a minute; nothing runs in between because of it.
TEST(Hints, ThatAreRefusedKeepNoLoopBusy) {
  HintCluster on({.nodes = 3});
  on.cluster.cut_power(2);
  must_put(on.cluster, 0, put_of("k", "v"));
  settle(on.cluster);
  std::size_t refused = 0;
  on.cluster.network().set_tamper([&](const std::string&, const std::string&, Frame frame) -> Frame {
    const Result<PeerRequestMessage> message = decode_peer_request(*frame, TimePoint());
    if (!message.is_ok() || !std::holds_alternative<ReplicatePut>(message->body)) return frame;
    ++refused;
    return std::make_shared<const Bytes>("no request at all");
  });
  ASSERT_TRUE(on.cluster.start(2).is_ok());
  ASSERT_TRUE(on.cluster.scheduler().run_until([&] { return refused > 0; }, seconds(20)));
  settle(on.cluster);
  const std::uint64_t before = on.cluster[0].executor().timers_set();
  on.cluster.scheduler().run_for(seconds(20));
  EXPECT_LE(on.cluster[0].executor().timers_set() - before, 300u);  // those of everything else; one each 10 ms: 2,000
  EXPECT_EQ(refused, 1u);
  on.cluster.network().set_tamper(nullptr);
  EXPECT_TRUE(on.drains());
}

TEST(Hints, ShardsKnowWhichPartitionsAndKeysTheyHoldHintsFor) {
  HintCluster on;
  on.cluster.cut_power(on.primaries[2]);
  must_put(on.cluster, on.primaries[0], put_of("k", "v"));
  settle(on.cluster);
  Node& kernel = on.cluster[on.fallbacks[0]].node();
  const Partition partition = kernel.partition_of_key(*kernel.keyspace("default"), "k");
  const HintStore& hints = kernel.shard_of(partition).hints;
  EXPECT_TRUE(hints.any_for(partition));
  EXPECT_FALSE(hints.any_for(partition ^ 1));
  EXPECT_EQ(hints.targets_of({partition, "default", "k"}), std::vector<std::string>{on.id(on.primaries[2])});
  EXPECT_TRUE(hints.targets_of({partition, "default", "other"}).empty());
  EXPECT_EQ(hints.count(), 1u);
  ASSERT_TRUE(on.cluster.start(on.primaries[2]).is_ok());
  EXPECT_TRUE(on.drains());
  settle(on.cluster);
  EXPECT_FALSE(hints.any_for(partition));
}

}  // namespace
}  // namespace stator::simulation
