#include <gtest/gtest.h>

#include "kernel/causality/record_codec.h"
#include "tests/coordinator/requests.h"

namespace stator::simulation {
namespace {

TEST(Put, IsReadOnEveryNode) {
  Cluster cluster({});
  const PutResult put = must_put(cluster, 0, put_of("k", "v"));
  EXPECT_FALSE(put.context.empty());
  EXPECT_EQ(put.clock.size(), 1u);
  for (std::size_t node = 0; node < 3; ++node) {
    const GetResult got = must_get(cluster, node, get_of("k"));
    EXPECT_TRUE(got.found);
    EXPECT_EQ(values(got), std::vector<std::string>{"v"});
    EXPECT_EQ(got.siblings[0].content_type, "text/plain");
  }
}

TEST(Put, ReachesAllReplicasInOneRound) {
  Cluster cluster({});
  Traffic traffic(cluster);
  must_put(cluster, 1, put_of("k", "v"));
  settle(cluster);
  EXPECT_EQ(traffic.replications, 2u);
  for (std::size_t node = 0; node < 3; ++node) EXPECT_EQ(cluster.copy(node, "k"), cluster.copy(0, "k"));
}

TEST(Put, IsAnsweredByWReplicasAndNoMore) {
  Cluster cluster({});
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, put_of("k", "v"));
  const Failure failure = must_fail(cluster, 0, with_quorum(put_of("k", "w"), 3));
  EXPECT_EQ(failure.status.code(), Code::unavailable);
  EXPECT_EQ(failure.required, 3);
  EXPECT_EQ(failure.acked, 2);
}

TEST(Put, ARequestChoosesItsOwnW) {
  Cluster cluster({});
  cluster.network().isolate("node-a", cluster.ids());
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 1));
  PutRequest one = put_of("k", "w");
  one.head.consistency = Consistency::one;
  must_put(cluster, 0, one);
  PutRequest quorum = put_of("k", "x");
  quorum.head.consistency = Consistency::quorum;
  EXPECT_EQ(must_fail(cluster, 0, quorum).required, 2);
  PutRequest all = put_of("k", "y");
  all.head.consistency = Consistency::all;
  EXPECT_EQ(must_fail(cluster, 0, all).required, 3);
  EXPECT_EQ(must_fail(cluster, 0, with_quorum(put_of("k", "z"), 4)).status.code(), Code::invalid_argument);
}

TEST(Put, KeyspacesHaveTheirOwnNumbers) {
  ClusterOptions options{.nodes = 5};
  KeyspaceRules lone;
  lone.name = "lone";
  lone.n = lone.r = lone.w = 1;
  options.others.push_back(lone);
  Cluster cluster(std::move(options));
  PutRequest request = put_of("k", "v");
  request.head.keyspace = "lone";
  must_put(cluster, 0, request);
  EXPECT_EQ(cluster.holders("k", "lone").size(), 1u);
  for (std::size_t node = 0; node < 5; ++node) {
    EXPECT_EQ(cluster.copy(node, "k", "lone").has_value(), node == cluster.holders("k", "lone")[0]);
    EXPECT_FALSE(cluster.copy(node, "k").has_value());
  }
}

TEST(Put, WithoutAContextReplacesWhatTheCoordinatorKnows) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  must_put(cluster, 1, put_of("k", "w"));
  EXPECT_EQ(values(must_get(cluster, 2, get_of("k"))), std::vector<std::string>{"w"});
}

TEST(Put, WithTheContextOfAReadReplacesWhatWasRead) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  const std::string token = must_get(cluster, 1, get_of("k")).context;
  must_put(cluster, 2, with_context(put_of("k", "w"), token));
  EXPECT_EQ(values(must_get(cluster, 0, get_of("k"))), std::vector<std::string>{"w"});
}

TEST(Put, WithAStaleContextThroughAnotherCoordinatorMakesSiblings) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  const std::string token = must_get(cluster, 0, get_of("k")).context;
  must_put(cluster, 1, with_context(put_of("k", "w"), token));
  must_put(cluster, 2, with_context(put_of("k", "x"), token));
  const GetResult both = must_get(cluster, 0, with_quorum(get_of("k"), 3));
  EXPECT_EQ(values(both), (std::vector<std::string>{"w", "x"}));
  EXPECT_EQ(both.resolved.resolved_by, "newest");
  must_put(cluster, 0, with_context(put_of("k", "y"), both.context));
  EXPECT_EQ(values(must_get(cluster, 1, with_quorum(get_of("k"), 3))), std::vector<std::string>{"y"});
}

TEST(Put, OnAPartitionedClusterBothSidesSurvive) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, put_of("k", "w"));
  must_put(cluster, 2, with_quorum(put_of("k", "x"), 1));
  cluster.network().heal();
  settle(cluster);
  EXPECT_EQ(values(must_get(cluster, 1, with_quorum(get_of("k"), 3))), (std::vector<std::string>{"w", "x"}));
}

TEST(Put, AContextIsForItsKeyAlone) {
  Cluster cluster({});
  const std::string token = must_put(cluster, 0, put_of("k", "v")).context;
  EXPECT_EQ(must_fail(cluster, 0, with_context(put_of("other", "v"), token)).status.code(), Code::invalid_argument);
  std::string forged = token;
  forged[4] = forged[4] == 'A' ? 'B' : 'A';
  EXPECT_EQ(must_fail(cluster, 0, with_context(put_of("k", "v"), forged)).status.code(), Code::invalid_argument);
  EXPECT_EQ(must_fail(cluster, 0, with_context(put_of("k", "v"), "")).status.code(), Code::invalid_argument);
}

TEST(Put, AContextFromTheFutureIsRefused) {
  Cluster cluster({});
  const std::uint64_t wall = cluster[0].executor().wall_millis();
  Context context;
  context.add({{"node-b", Stamp::from_millis(wall + 11'000)}, 1});
  const std::string token = ContextTokens("simulated").issue(context, "default", "k");
  EXPECT_EQ(must_fail(cluster, 0, with_context(put_of("k", "v"), token)).status.code(), Code::invalid_argument);
  EXPECT_FALSE(must_get(cluster, 0, get_of("k")).found);
}

// What a put answers may be written on from, but it covers nothing that its client was never shown.
TEST(Put, TheContextItAnswersWithDoesNotCoverSiblingsItsClientHasNotSeen) {
  for (std::size_t rival : {std::size_t{0}, std::size_t{1}}) {
    Cluster cluster({});
    const std::string token = must_put(cluster, 0, put_of("k", "v")).context;
    settle(cluster);
    must_put(cluster, rival, with_context(put_of("k", "rival"), token));
    settle(cluster);
    std::string mine = must_put(cluster, 0, with_context(put_of("k", "mine"), token)).context;
    settle(cluster);
    must_put(cluster, 2, with_context(put_of("k", "mine again"), mine));
    settle(cluster);
    const std::vector<std::string> left = values(must_get(cluster, 1, with_quorum(get_of("k"), 3)));
    EXPECT_NE(std::find(left.begin(), left.end(), "rival"), left.end()) << "through node " << rival;
    // Only where both were signed by one actor can the context not cover one's own write either.
    EXPECT_EQ(left.size(), rival == 0 ? 3u : 2u);
  }
}

TEST(Put, TheContextOfARetryDoesNotCoverWhatOthersWroteSince) {
  Cluster cluster({});
  must_put(cluster, 0, with_op(put_of("k", "v"), 1));
  settle(cluster);
  must_put(cluster, 1, put_of("k", "w"));
  settle(cluster);
  const PutResult retry = must_put(cluster, 0, with_op(put_of("k", "v"), 1));
  must_put(cluster, 2, with_context(put_of("k", "x"), retry.context));
  settle(cluster);
  EXPECT_EQ(values(must_get(cluster, 0, with_quorum(get_of("k"), 3))), (std::vector<std::string>{"w", "x"}));
}

TEST(CreateOnly, SucceedsOnce) {
  Cluster cluster({});
  PutRequest create = put_of("k", "v");
  create.create_only = true;
  must_put(cluster, 0, create);
  settle(cluster);
  EXPECT_EQ(must_fail(cluster, 1, create).status.code(), Code::failed_precondition);
}

TEST(IfMatch, FailsWhenSomebodyWroteMeanwhile) {
  Cluster cluster({});
  PutRequest change = with_context(put_of("k", "w"), must_put(cluster, 0, put_of("k", "v")).context);
  change.if_match = true;
  settle(cluster);
  must_put(cluster, 1, change);
  settle(cluster);
  EXPECT_EQ(must_fail(cluster, 2, change).status.code(), Code::failed_precondition);
  PutRequest any = put_of("nobody", "w");
  any.if_match = true;
  EXPECT_EQ(must_fail(cluster, 0, any).status.code(), Code::failed_precondition);
}

TEST(Removal, IsAWriteThatReadsAsNotFound) {
  Cluster cluster({});
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  Traffic traffic(cluster);
  const PutResult removed = must_put(cluster, 1, removal_of("k"));
  EXPECT_TRUE(removed.tombstone);
  settle(cluster);
  EXPECT_EQ(traffic.removals, 2u);
  const GetResult got = must_get(cluster, 2, get_of("k"));
  EXPECT_FALSE(got.found);
  EXPECT_FALSE(got.context.empty());
  must_put(cluster, 0, with_context(put_of("k", "again"), got.context));
  EXPECT_EQ(must_get(cluster, 1, get_of("k")).siblings.size(), 1u);
}

TEST(OpIds, ARetryAnswersWithTheFirstResultAndWritesNothing) {
  Cluster cluster({});
  const PutRequest request = with_op(put_of("k", "v"), 9);
  const PutResult first = must_put(cluster, 0, request);
  settle(cluster);
  const std::optional<Record> before = cluster.copy(0, "k");
  for (std::size_t node = 0; node < 3; ++node) {
    const PutResult retry = must_put(cluster, node, request);
    EXPECT_EQ(retry.context, first.context);
    EXPECT_EQ(retry.stamp, first.stamp);
    settle(cluster);
    EXPECT_EQ(cluster.copy(node, "k"), before);
  }
}

TEST(OpIds, ARetryThatAnotherCoordinatorTookUnknowinglyIsShownOnce) {
  Cluster cluster({});
  cluster.network().isolate("node-a", cluster.ids());
  must_fail(cluster, 0, with_op(put_of("k", "v"), 9));
  must_put(cluster, 1, with_op(put_of("k", "v"), 9));
  cluster.network().heal();
  settle(cluster);
  EXPECT_EQ(must_get(cluster, 2, with_quorum(get_of("k"), 3)).siblings.size(), 1u);
}

TEST(Ttl, AValueIsGoneWhenItsTimeIsUpOnEveryNodeAlike) {
  Cluster cluster({});
  PutRequest brief = put_of("k", "v");
  brief.ttl = std::chrono::seconds(10);
  must_put(cluster, 0, brief);
  EXPECT_TRUE(must_get(cluster, 1, get_of("k")).found);
  cluster.scheduler().run_for(std::chrono::seconds(10));
  for (std::size_t node = 0; node < 3; ++node) EXPECT_FALSE(must_get(cluster, node, get_of("k")).found);
}

TEST(Ttl, AnExpiredValueDoesNotStandInTheWayOfACreation) {
  Cluster cluster({});
  PutRequest brief = put_of("k", "v");
  brief.ttl = std::chrono::seconds(10);
  must_put(cluster, 0, brief);
  cluster.scheduler().run_for(std::chrono::seconds(10));
  PutRequest any = put_of("k", "w");
  any.if_match = true;
  EXPECT_EQ(must_fail(cluster, 0, any).status.code(), Code::failed_precondition);
  PutRequest create = put_of("k", "w");
  create.create_only = true;
  must_put(cluster, 0, create);
}

TEST(Limits, KeysValuesAndRequestsInFlight) {
  ClusterOptions options;
  options.rules.max_value_bytes = 10;
  options.setup.max_in_flight = 2;
  Cluster cluster(std::move(options));
  EXPECT_EQ(must_fail(cluster, 0, put_of("k", "12345678901")).status.code(), Code::too_large);
  EXPECT_EQ(must_fail(cluster, 0, put_of("", "v")).status.code(), Code::invalid_argument);
  EXPECT_EQ(must_fail(cluster, 0, get_of(std::string(4097, 'k'))).status.code(), Code::invalid_argument);

  std::vector<Code> codes;
  for (int i = 0; i < 4; ++i) {
    cluster.put(0, put_of("k" + std::to_string(i), "v"), [&codes](const Outcome<PutResult>& got) {
      codes.push_back(got.is_ok() ? Code::ok : got.failure().status.code());
    });
  }
  settle(cluster);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), Code::resource_exhausted), 2);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), Code::ok), 2);
  must_put(cluster, 0, put_of("k", "v"));  // and then there is room again
}

class Forwarding : public ::testing::Test {
 protected:
  Forwarding() : cluster_({.nodes = 5}), holders_(cluster_.holders("k")), stranger_(cluster_.others("k")[0]) {}
  Cluster cluster_;
  std::vector<std::size_t> holders_;
  std::size_t stranger_;
};

TEST_F(Forwarding, ANodeWithoutTheKeyForwardsOnceAndKeepsNothing) {
  Traffic traffic(cluster_);
  const PutResult put = must_put(cluster_, stranger_, with_op(put_of("k", "v"), 1));
  settle(cluster_);
  EXPECT_EQ(traffic.forwards, 1u);
  EXPECT_EQ(traffic.replications, 2u);
  EXPECT_FALSE(cluster_.copy(stranger_, "k").has_value());
  for (std::size_t holder : holders_) EXPECT_EQ(values(cluster_.copy(holder, "k")), std::vector<std::string>{"v"});
  must_put(cluster_, stranger_, with_context(put_of("k", "w"), put.context));
  EXPECT_EQ(values(must_get(cluster_, stranger_, get_of("k"))), std::vector<std::string>{"w"});
}

TEST(ForwardingInAStrictKeyspace, AFailureComesBackWithItsCounts) {
  ClusterOptions options{.nodes = 5};
  options.rules.sloppy = false;
  Cluster cluster(std::move(options));
  const std::size_t stranger = cluster.others("k")[0];
  const std::vector<std::size_t> holders = cluster.holders("k");
  for (std::size_t i = 1; i < 3; ++i) cluster.cut_power(holders[i]);
  const Failure failure = must_fail(cluster, stranger, put_of("k", "v"));
  EXPECT_EQ(failure.status.code(), Code::unavailable);
  EXPECT_EQ(failure.required, 2);
  EXPECT_LE(failure.acked, 1);
}

TEST_F(Forwarding, TheWOfTheRequestGoesAlong) {
  for (std::size_t i = 1; i < 3; ++i) cluster_.cut_power(holders_[i]);
  must_put(cluster_, stranger_, with_quorum(put_of("k", "v"), 1));
}

TEST_F(Forwarding, AvoidsAHolderThatWasFoundUnreachable) {
  cluster_.cut_power(holders_[0]);
  EXPECT_EQ(must_fail(cluster_, stranger_, put_of("k", "v")).status.code(), Code::unavailable);
  must_put(cluster_, stranger_, put_of("k", "v"));
}

// A read may ask others where one does not answer; a write that got lost on its way has failed.
TEST_F(Forwarding, LeavesItToReadsToFindOutWhoIsBack) {
  cluster_.cut_power(holders_[0]);
  must_fail(cluster_, stranger_, put_of("k", "v"));
  for (int i = 0; i < 5; ++i) {
    settle(cluster_);
    must_put(cluster_, stranger_, put_of("k", "v"));
  }
  ASSERT_TRUE(cluster_.start(holders_[0]).is_ok());
  settle(cluster_);
  must_get(cluster_, stranger_, with_quorum(get_of("k"), 3));
  std::vector<std::string> asked;
  cluster_.network().set_watch([&](const std::string& from, const std::string& to, const Frame&) {
    if (from == cluster_[stranger_].id()) asked.push_back(to);
  });
  must_put(cluster_, stranger_, put_of("k", "v"));
  cluster_.network().set_watch(nullptr);
  EXPECT_EQ(asked, std::vector{cluster_[holders_[0]].id()});
}

}  // namespace
}  // namespace stator::simulation
