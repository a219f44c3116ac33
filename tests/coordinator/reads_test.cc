#include <gtest/gtest.h>

#include "tests/coordinator/requests.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;

std::uint64_t repairs(Cluster& cluster, std::size_t node) {
  return cluster[node].node().here().coordinator.read_repairs().repaired;
}

TEST(Get, OfAKeyNobodyWroteFindsNothing) {
  Cluster cluster({});
  const GetResult got = must_get(cluster, 0, get_of("k"));
  EXPECT_FALSE(got.found);
  EXPECT_TRUE(got.siblings.empty());
}

TEST(Get, WithEqualDigestsShipsNoSecondRecord) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  Traffic traffic(cluster);
  must_get(cluster, 1, get_of("k"));
  EXPECT_EQ(traffic.records, 0u);  // the node's own copy is the record
  EXPECT_EQ(traffic.digests, 1u);
  must_get(cluster, 1, with_quorum(get_of("k"), 3));
  EXPECT_EQ(traffic.records, 0u);
  EXPECT_EQ(traffic.digests, 3u);
  settle(cluster);
  EXPECT_EQ(traffic.replications, 0u);
}

TEST(Get, OfOneReplicaAsksNobodyElse) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  Traffic traffic(cluster);
  must_get(cluster, 2, with_quorum(get_of("k"), 1));
  EXPECT_EQ(traffic.records + traffic.digests, 0u);
}

TEST(Get, ThroughANodeWithoutTheKeyShipsOneRecord) {
  Cluster cluster({.nodes = 5});
  must_put(cluster, cluster.holders("k")[0], put_of("k", "v"));
  settle(cluster);
  Traffic traffic(cluster);
  EXPECT_EQ(values(must_get(cluster, cluster.others("k")[0], get_of("k"))), std::vector<std::string>{"v"});
  EXPECT_EQ(traffic.records, 1u);
  EXPECT_EQ(traffic.digests, 1u);
  EXPECT_EQ(traffic.forwards, 0u);
}

class ReadRepair : public ::testing::Test {
 protected:
  /// node-c misses a write.
  ReadRepair() : cluster_({}) {
    must_put(cluster_, 0, put_of("k", "v"));
    settle(cluster_);
    cluster_.network().isolate("node-c", cluster_.ids());
    must_put(cluster_, 0, put_of("k", "w"));
    settle(cluster_);
    cluster_.network().heal();
    EXPECT_NE(cluster_.copy(2, "k"), cluster_.copy(0, "k"));
  }
  Cluster cluster_;
};

TEST_F(ReadRepair, BringsAStaleReplicaUpAndThenFindsNothing) {
  EXPECT_EQ(values(must_get(cluster_, 0, with_quorum(get_of("k"), 3))), std::vector<std::string>{"w"});
  settle(cluster_);
  EXPECT_EQ(cluster_.copy(2, "k"), cluster_.copy(0, "k"));
  EXPECT_EQ(repairs(cluster_, 0), 1u);
  Traffic traffic(cluster_);
  must_get(cluster_, 0, with_quorum(get_of("k"), 3));
  settle(cluster_);
  EXPECT_EQ(traffic.replications, 0u);
  EXPECT_EQ(repairs(cluster_, 0), 1u);
}

TEST_F(ReadRepair, BringsTheCoordinatorsOwnCopyUp) {
  EXPECT_EQ(values(must_get(cluster_, 2, get_of("k"))), std::vector<std::string>{"w"});
  settle(cluster_);
  EXPECT_EQ(cluster_.copy(2, "k"), cluster_.copy(0, "k"));
  EXPECT_EQ(repairs(cluster_, 2), 1u);
}

TEST_F(ReadRepair, GivesACopyToOneThatHasNone) {
  cluster_.wipe(2);
  ASSERT_TRUE(cluster_.start(2).is_ok());
  must_get(cluster_, 1, with_quorum(get_of("k"), 3));
  settle(cluster_);
  EXPECT_EQ(cluster_.copy(2, "k"), cluster_.copy(0, "k"));
}

TEST_F(ReadRepair, JoinsWhatTwoSidesWrote) {
  must_put(cluster_, 2, with_quorum(put_of("k", "x"), 1));
  settle(cluster_);
  must_get(cluster_, 1, with_quorum(get_of("k"), 3));
  settle(cluster_);
  for (std::size_t node = 0; node < 3; ++node) {
    EXPECT_EQ(values(cluster_.copy(node, "k")), (std::vector<std::string>{"w", "x"}));
    EXPECT_EQ(cluster_.copy(node, "k"), cluster_.copy(0, "k"));
  }
}

// More than a few repairs under way to a node that hears nothing are left to anti-entropy.
TEST_F(ReadRepair, IsBounded) {
  std::size_t answered = 0;
  cluster_.network().set_tamper([](const std::string&, const std::string&, const Frame& request) {
    const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
    const bool repair = message.is_ok() && std::holds_alternative<ReplicatePut>(message->body);
    return repair ? std::make_shared<const Bytes>() : request;
  });
  cluster_.network().slow_down("node-c", milliseconds(20));
  for (int i = 0; i < 100; ++i)
    cluster_.get(0, with_quorum(get_of("k"), 3),
                 [&](const Outcome<GetResult>& got) { answered += got.is_ok() ? 1 : 0; });
  settle(cluster_);
  EXPECT_EQ(answered, 100u);
  const ReadRepairs& repairs = cluster_[0].node().here().coordinator.read_repairs();
  EXPECT_EQ(repairs.repaired + repairs.left, 100u);
  EXPECT_GT(repairs.left, 0u);
  EXPECT_GT(repairs.bytes, 64u);
  // What was under way has ended: there is room again.
  cluster_.network().set_tamper(nullptr);
  must_get(cluster_, 0, with_quorum(get_of("k"), 3));
  settle(cluster_);
  EXPECT_EQ(cluster_.copy(2, "k"), cluster_.copy(0, "k"));
}

TEST(Get, WithoutAQuorumFailsWithItsCountsWithinTheDeadline) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  cluster.network().isolate("node-a", cluster.ids());
  const TimePoint begun = cluster.scheduler().now();
  const Failure failure = must_fail(cluster, 0, get_of("k"));
  EXPECT_EQ(failure.status.code(), Code::unavailable);
  EXPECT_EQ(failure.required, 2);
  EXPECT_EQ(failure.acked, 1);
  EXPECT_LE(cluster.scheduler().now() - begun, milliseconds(1000));
}

TEST(Get, ARefusedConnectionIsAnsweredByTheNextReplicaAtOnce) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.cut_power(cluster.holders("k")[0] == 0 ? cluster.holders("k")[1] : cluster.holders("k")[0]);
  const TimePoint begun = cluster.scheduler().now();
  EXPECT_TRUE(must_get(cluster, 0, get_of("k")).found);
  EXPECT_LT(cluster.scheduler().now() - begun, milliseconds(20));
}

TEST(Hedge, ASlowReplicasAnswerIsNotWaitedFor) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  const std::vector<std::size_t> holders = cluster.holders("k");
  const std::size_t slow = holders[0] == 0 ? holders[1] : holders[0];
  cluster.network().slow_down(cluster[slow].id(), milliseconds(400));
  const TimePoint begun = cluster.scheduler().now();
  EXPECT_TRUE(must_get(cluster, 0, get_of("k")).found);
  EXPECT_LT(cluster.scheduler().now() - begun, milliseconds(100));
  EXPECT_EQ(cluster[0].node().here().coordinator.hedges(), 1u);
}

// The silent one is the one that was asked for the record: digests of the others would not do.
TEST(Hedge, ASilentReplicaThatWasAskedForTheRecordIsReplaced) {
  for (int r : {1, 2}) {
    Cluster cluster({.nodes = 5});
    const std::vector<std::size_t> holders = cluster.holders("k");
    must_put(cluster, holders[0], put_of("k", "v"));
    settle(cluster);
    cluster.network().isolate(cluster[holders[0]].id(), cluster.ids());
    const TimePoint begun = cluster.scheduler().now();
    EXPECT_TRUE(must_get(cluster, cluster.others("k")[0], with_quorum(get_of("k"), r)).found);
    EXPECT_LT(cluster.scheduler().now() - begun, milliseconds(100));
  }
}

TEST(Get, APausedReplicaIsMissedOnlyIfItIsNeeded) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster[2].executor().pause();
  EXPECT_TRUE(must_get(cluster, 0, get_of("k")).found);
  EXPECT_EQ(must_fail(cluster, 0, with_quorum(get_of("k"), 3)).acked, 2);
  cluster[2].executor().resume();
  settle(cluster);
  EXPECT_TRUE(must_get(cluster, 0, with_quorum(get_of("k"), 3)).found);
}

}  // namespace
}  // namespace stator::simulation
