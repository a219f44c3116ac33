#include <gtest/gtest.h>

#include "kernel/causality/record_codec.h"
#include "kernel/node/hello.h"
#include "tests/coordinator/requests.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Lets what is in flight end, then: the dot of the one version a node holds.
Dot lone_dot(Cluster& cluster, std::size_t node) {
  settle(cluster);
  const std::optional<Record> record = cluster.copy(node, "k");
  EXPECT_TRUE(record && record->versions.size() == 1);
  return record && !record->versions.empty() ? record->versions[0].dot : Dot();
}

TEST(Deadline, AMissingWriteQuorumIsToldWithinIt) {
  Cluster cluster({});
  cluster.network().isolate("node-a", cluster.ids());
  for (int ms : {20, 300, 1000}) {
    PutRequest request = put_of("k", "v");
    request.head.deadline = cluster.scheduler().now() + milliseconds(ms);
    const Failure failure = must_fail(cluster, 0, request);
    EXPECT_EQ(failure.status.code(), Code::unavailable);
    EXPECT_EQ(failure.required, 2);
    EXPECT_EQ(failure.acked, 1);
    EXPECT_LE(cluster.scheduler().now(), *request.head.deadline);
  }
}

TEST(Deadline, IsTheKeyspacesTimeoutWhereNothingIsSaid) {
  ClusterOptions options;
  options.rules.timeout = milliseconds(200);
  Cluster cluster(std::move(options));
  cluster.network().isolate("node-a", cluster.ids());
  const TimePoint begun = cluster.scheduler().now();
  must_fail(cluster, 0, put_of("k", "v"));
  EXPECT_LE(cluster.scheduler().now() - begun, milliseconds(200));
}

TEST(Deadline, ThatHasPassedRefusesTheRequestUnexecuted) {
  Cluster cluster({});
  PutRequest request = put_of("k", "v");
  request.head.deadline = cluster.scheduler().now();
  EXPECT_EQ(must_fail(cluster, 0, request).status.code(), Code::deadline_exceeded);
  settle(cluster);
  EXPECT_FALSE(cluster.copy(0, "k").has_value());
}

TEST(Deadline, IsPassedToTheReplicasALittleShorter) {
  Cluster cluster({});
  Traffic traffic(cluster);
  PutRequest request = put_of("k", "v");
  request.head.deadline = cluster.scheduler().now() + milliseconds(400);
  must_put(cluster, 0, request);
  EXPECT_GT(traffic.longest_deadline, milliseconds(300));
  EXPECT_LT(traffic.longest_deadline, milliseconds(400));
}

TEST(Deadline, AReplicationWithoutTimeLeftIsNotExecuted) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  const Bytes record = encode_record(*cluster.copy(0, "k"));
  PeerServer server(cluster[1].node(), {[](LogLevel, const std::string&) {}, nullptr});
  bool answered = false;
  const TimePoint now = cluster.scheduler().now();
  const Frame late = encode_replicate("default", "other", record, false, {now, ""}, now);
  server.receive("node-a", late, [&answered](const Frame&) { answered = true; });
  settle(cluster);
  EXPECT_FALSE(answered);
  EXPECT_FALSE(cluster.copy(1, "other").has_value());
}

ClusterOptions with_short_lives() {
  ClusterOptions options;
  options.setup.max_clock_skew = milliseconds(500);
  options.rules.tombstone_grace = seconds(4);
  options.rules.sloppy = false;  // hints would bring what a repair may not
  return options;
}

TEST(Birth, ARecordThatSaysNothingOfItIsRefused) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  const Bytes record = encode_record(*cluster.copy(0, "k"));
  PeerServer server(cluster[1].node(), {[](LogLevel, const std::string&) {}, nullptr});
  const TimePoint now = cluster.scheduler().now();
  std::optional<Frame> reply;
  server.receive("node-a", encode_replicate("default", "other", record, false, {now + seconds(1), ""}, now),
                 [&reply](Frame frame) { reply = std::move(frame); });
  settle(cluster);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(decode_peer_reply(**reply)->failure->status.code(), Code::invalid_argument);
  EXPECT_FALSE(cluster.copy(1, "other").has_value());
}

// However late the frame was made, what counts is when the record was read.
TEST(Birth, ARepairByANodeThatWasStoppedMeanwhileIsRefused) {
  for (const seconds pause : {seconds(1), seconds(3600)}) {
    Cluster cluster(with_short_lives());
    cluster.network().isolate("node-c", cluster.ids());
    must_put(cluster, 0, put_of("k", "v"));
    settle(cluster);
    cluster.network().heal();
    // All have been asked, and node-a does not run while they answer.
    bool asked = false;
    cluster.network().set_watch([&asked](auto&&...) { asked = true; });
    cluster.get(0, with_quorum(get_of("k"), 3), [](const Outcome<GetResult>&) {});
    cluster.scheduler().run_until([&asked] { return asked; }, seconds(1));
    cluster.network().set_watch(nullptr);
    cluster[0].executor().pause();
    cluster.scheduler().run_for(pause);
    cluster[0].executor().resume();
    settle(cluster);
    const bool lives = pause < seconds(2);
    EXPECT_EQ(cluster.copy(2, "k").has_value(), lives);
    EXPECT_EQ(cluster[2].node().counters().outlived, lives ? 0u : 1u);
  }
}

TEST(Birth, AWriteUsesTheLifeThatItsSendersClockLeavesIt) {
  Cluster cluster(with_short_lives());
  cluster[1].set_wall_offset_ms(-400);
  cluster.network().slow_down("node-a", milliseconds(700));
  cluster.network().slow_down("node-c", milliseconds(700));
  PutRequest request = with_quorum(put_of("k", "v"), 3);
  request.head.deadline = cluster.scheduler().now() + seconds(1);
  must_put(cluster, 1, request);
}

TEST(Signing, ACleanRestartKeepsTheEpoch) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  const Dot before = lone_dot(cluster, 0);
  ASSERT_TRUE(cluster.stop(0).is_ok());
  ASSERT_TRUE(cluster.start(0).is_ok());
  settle(cluster);  // a peer has said by then that nothing is missing here
  must_put(cluster, 0, put_of("k", "w"));
  EXPECT_EQ(lone_dot(cluster, 0), (Dot{before.actor, 2}));
}

TEST(Signing, APowerCutBeginsANewEpoch) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  const Dot before = lone_dot(cluster, 0);
  cluster.cut_power(0);
  ASSERT_TRUE(cluster.start(0).is_ok());
  must_put(cluster, 0, put_of("k", "w"));
  const Dot after = lone_dot(cluster, 0);
  EXPECT_GT(after.actor.epoch, before.actor.epoch);
  EXPECT_EQ(after.counter, 1u);
}

TEST(Signing, APowerCutThatTookAShippedWriteLosesNoneOfWhatFollows) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  // The write is at the others and the power goes before this node's own sync.
  bool shipped = false;
  cluster.network().set_watch([&shipped](auto&&...) { shipped = true; });
  cluster.put(0, put_of("k", "w"), [](const Outcome<PutResult>&) {});
  cluster.scheduler().run_until([&shipped] { return shipped; }, seconds(1));
  cluster.network().set_watch(nullptr);
  cluster.cut_power(0);
  settle(cluster);
  ASSERT_TRUE(cluster.start(0).is_ok());
  EXPECT_EQ(values(cluster.copy(0, "k")), std::vector<std::string>{"v"});
  EXPECT_EQ(values(cluster.copy(1, "k")), std::vector<std::string>{"w"});
  must_put(cluster, 0, with_quorum(put_of("k", "x"), 1));
  settle(cluster);
  EXPECT_EQ(values(must_get(cluster, 1, with_quorum(get_of("k"), 3))), (std::vector<std::string>{"w", "x"}));
}

TEST(Signing, AWipedNodeBeginsANewEpoch) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  const Dot before = lone_dot(cluster, 0);
  settle(cluster);
  cluster.wipe(0);
  ASSERT_TRUE(cluster.start(0).is_ok());
  const std::string token = must_get(cluster, 1, get_of("k")).context;
  must_put(cluster, 0, with_context(put_of("k", "w"), token));
  EXPECT_GT(lone_dot(cluster, 0).actor.epoch, before.actor.epoch);
  EXPECT_EQ(values(must_get(cluster, 2, with_quorum(get_of("k"), 3))), std::vector<std::string>{"w"});
}

TEST(FailedSync, IsNoAcknowledgement) {
  for (std::size_t coordinator : {std::size_t{0}, std::size_t{1}}) {
    Cluster cluster({});
    cluster[0].disk().break_sync();
    const Failure failure = must_fail(cluster, coordinator, with_quorum(put_of("k", "v"), 3));
    EXPECT_EQ(failure.status.code(), Code::unavailable);
    EXPECT_EQ(failure.required, 3);
    EXPECT_LE(failure.acked, 2);
    must_put(cluster, coordinator, put_of("k", "w"));  // two other disks are two replicas
  }
}

TEST(FailedSync, OfTheOnlyReplicaGivesItsOwnReason) {
  ClusterOptions options{.nodes = 1};
  options.rules.n = options.rules.r = options.rules.w = 1;
  Cluster cluster(std::move(options));
  cluster[0].disk().break_sync();
  EXPECT_EQ(must_fail(cluster, 0, put_of("k", "v")).status, Status(Code::internal, "the disk does not sync"));
}

TEST(FailedSync, WithdrawsAllMarks) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster[0].disk().break_sync();
  must_put(cluster, 0, put_of("k", "w"));
  cluster.scheduler().run_for(milliseconds(20));
  must_put(cluster, 0, put_of("k", "x"));
  settle(cluster);
  // Both wrote blindly, but node-a had forgotten the first when it took the second, and says so by a new epoch.
  EXPECT_EQ(cluster.copy(1, "k")->context.size(), 2u);
  EXPECT_EQ(values(cluster.copy(1, "k")), (std::vector<std::string>{"w", "x"}));
}

TEST(FailedSync, MakesTheNextStopUnclean) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  const Dot before = lone_dot(cluster, 0);
  settle(cluster);
  cluster[0].disk().break_sync();
  must_put(cluster, 0, put_of("k", "w"));
  settle(cluster);
  static_cast<void>(cluster.stop(0).is_ok());
  ASSERT_TRUE(cluster.start(0).is_ok());
  must_put(cluster, 0, put_of("k", "x"));
  settle(cluster);
  const Record elsewhere = *cluster.copy(1, "k");
  EXPECT_NE(elsewhere.find({before.actor, 2}), nullptr);  // "w", which node-a has lost
  EXPECT_EQ(values(must_get(cluster, 1, with_quorum(get_of("k"), 3))), (std::vector<std::string>{"w", "x"}));
}

TEST(Clocks, AStampTooFarInTheFutureIsRefusedAndCounted) {
  Cluster cluster({});
  cluster[1].set_wall_offset_ms(60'000);
  settle(cluster);
  const Failure failure = must_fail(cluster, 1, put_of("k", "v"));
  EXPECT_LE(failure.acked, 1);
  EXPECT_NE(failure.status.message().find("too far in the future"), std::string::npos);
  EXPECT_EQ(cluster[0].node().counters().stamps_refused + cluster[2].node().counters().stamps_refused, 2u);
  EXPECT_FALSE(cluster.copy(0, "k").has_value());
}

TEST(Clocks, AStampALittleAheadMovesTheOthersForward) {
  Cluster cluster({});
  cluster[1].set_wall_offset_ms(5'000);
  settle(cluster);
  const PutResult ahead = must_put(cluster, 1, put_of("k", "v"));
  settle(cluster);
  EXPECT_GT(must_put(cluster, 0, put_of("k", "w")).stamp, ahead.stamp);
}

TEST(Clocks, AWriteWaitsForALimitThatIsOnItsWayToDisk) {
  Cluster cluster({});
  cluster[0].set_wall_offset_ms(5'000);  // as after the process has stood still
  must_put(cluster, 0, put_of("k", "v"));
}

TEST(Clocks, StampsGoOnUpwardsWhenTheWallJumpsBack) {
  Cluster cluster({});
  const PutResult before = must_put(cluster, 0, put_of("k", "v"));
  cluster[0].set_wall_offset_ms(-3'600'000);
  EXPECT_GT(must_put(cluster, 0, put_of("k", "w")).stamp, before.stamp);
  cluster.cut_power(0);
  ASSERT_TRUE(cluster.start(0).is_ok());
  // The others' clocks are right, and theirs too far ahead for this one; its own copy takes the write.
  EXPECT_GT(must_put(cluster, 0, with_quorum(put_of("k", "x"), 1)).stamp, before.stamp);
}

TEST(Clocks, WhatHasExpiredStaysSoWhenTheWallJumpsBack) {
  Cluster cluster({});
  PutRequest request = put_of("k", "v");
  request.ttl = seconds(10);
  must_put(cluster, 0, with_quorum(request, 3));
  EXPECT_TRUE(must_get(cluster, 1, get_of("k")).found);
  cluster.scheduler().run_for(seconds(10));
  EXPECT_FALSE(must_get(cluster, 1, get_of("k")).found);
  cluster[1].set_wall_offset_ms(-5'000);
  EXPECT_FALSE(must_get(cluster, 1, get_of("k")).found);
}

// Who replicates late must not let it live longer: the moment is in the record.
TEST(Clocks, AValueExpiresAtOneMomentOnEveryReplicaWheneverItCame) {
  Cluster cluster({});
  cluster.network().isolate("node-c", cluster.ids());
  PutRequest request = put_of("k", "v");
  request.ttl = seconds(60);
  must_put(cluster, 0, request);
  cluster.scheduler().run_for(seconds(30));
  cluster.network().heal();
  must_get(cluster, 0, with_quorum(get_of("k"), 3));
  settle(cluster);
  ASSERT_TRUE(cluster.copy(2, "k").has_value());
  EXPECT_EQ(cluster.copy(2, "k"), cluster.copy(0, "k"));
  cluster.scheduler().run_for(seconds(26));
  for (std::size_t node = 0; node < 3; ++node) EXPECT_FALSE(must_get(cluster, node, with_quorum(get_of("k"), 1)).found);
}

TEST(Clocks, QuickRestartsDoNotRunTheClockAwayFromTheWall) {
  Cluster cluster({});
  for (int i = 0; i < 30; ++i) {
    cluster.scheduler().run_for(milliseconds(300));
    cluster.cut_power(0);
    ASSERT_TRUE(cluster.start(0).is_ok());
  }
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
}

TEST(Clocks, WithALittleSkewAllowedTheClocksLeadIsSmallerStill) {
  ClusterOptions options;
  options.setup.max_clock_skew = milliseconds(500);
  Cluster cluster(std::move(options));
  cluster.cut_power(0);
  ASSERT_TRUE(cluster.start(0).is_ok());
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
}

TEST(Links, ANodeOfAnotherClusterOrWithOtherRulesIsRefused) {
  Cluster cluster({});
  PeerServer server(cluster[0].node(), {[](LogLevel, const std::string&) {}, nullptr});
  Hello hello = cluster[1].node().hello();
  EXPECT_EQ(*server.meet(encode_hello(hello)), "node-b");
  Hello elsewhere = hello;
  elsewhere.cluster = "other";
  EXPECT_FALSE(server.meet(encode_hello(elsewhere)).is_ok());
  Hello stranger = hello;
  stranger.node = "node-z";
  EXPECT_FALSE(server.meet(encode_hello(stranger)).is_ok());
  EXPECT_FALSE(server.meet("nonsense").is_ok());

  // Other rules for one keyspace: the link stands, the keyspace is refused on it.
  hello.keyspaces["default"] ^= 1;
  EXPECT_TRUE(server.meet(encode_hello(hello)).is_ok());
  std::optional<Frame> reply;
  const TimePoint now = cluster.scheduler().now();
  server.receive("node-b", encode_replica_get("default", "k", false, {now + seconds(1), ""}, now),
                 [&reply](Frame frame) { reply = std::move(frame); });
  settle(cluster);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(decode_peer_reply(**reply)->failure->status.code(), Code::failed_precondition);
}

}  // namespace
}  // namespace stator::simulation
