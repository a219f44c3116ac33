#include "tests/coordinator/lives.h"

#include <gtest/gtest.h>

namespace stator::simulation {
namespace {

using std::chrono::seconds;

/// How many epochs of that node the key's context names.
std::size_t epochs_of(Cluster& cluster, std::size_t node, const Bytes& key) {
  std::size_t found = 0;
  const Record record = cluster.copy(node, key).value_or(Record());
  for (const Context::Entry& entry : record.context.entries()) found += entry.actor.node == cluster[node].id() ? 1 : 0;
  return found;
}

TEST(Lives, OfAFreshClusterNobodyMissesAnything) {
  Cluster cluster({});
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.scheduler().run_for(seconds(5));
  for (std::size_t node = 0; node < 3; ++node) EXPECT_FALSE(store_of(cluster, node).forgot());
}

TEST(Lives, ACleanRestartKeepsItsMarksOnceAPeerWasMet) {
  Cluster cluster({});
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.scheduler().run_for(seconds(5));
  ASSERT_TRUE(cluster.stop(0).is_ok());
  ASSERT_TRUE(cluster.start(0).is_ok());
  cluster.scheduler().run_for(seconds(1));
  must_put(cluster, 0, put_of("k", "w"));
  EXPECT_EQ(epochs_of(cluster, 0, "k"), 1u);
}

TEST(Lives, ACleanRestartThatHasMetNobodySignsUnderANewEpoch) {
  Cluster cluster({});
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  ASSERT_TRUE(cluster.stop(0).is_ok());
  cluster.network().isolate("node-a", cluster.ids());
  ASSERT_TRUE(cluster.start(0).is_ok());
  must_put(cluster, 0, with_quorum(put_of("k", "w"), 1));
  EXPECT_EQ(epochs_of(cluster, 0, "k"), 2u);
}

TEST(Lives, ACrashForgetsNothingThatOthersHaveHeardOf) {
  Cluster cluster({});
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.scheduler().run_for(seconds(5));
  cluster.cut_power(0);
  ASSERT_TRUE(cluster.start(0).is_ok());
  cluster.scheduler().run_for(seconds(1));
  EXPECT_FALSE(store_of(cluster, 0).forgot());
}

TEST(Lives, AWipedNodeLearnsThatItHasForgotten) {
  Cluster cluster({});
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.wipe(0);
  ASSERT_TRUE(cluster.start(0).is_ok());
  cluster.scheduler().run_for(seconds(1));
  EXPECT_TRUE(store_of(cluster, 0).forgot());
  EXPECT_FALSE(store_of(cluster, 1).forgot());
}

// Each link that opens again says it once more; what was signed meanwhile is here.
TEST(Lives, AWipedNodeThatIsToldAgainSignsOnUnderItsEpoch) {
  Cluster cluster(with_anti_entropy());
  settle(cluster);
  must_put(cluster, 1, with_quorum(put_of("k", "v"), 3));
  cluster.wipe(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return in_doubt(cluster, 1); }, seconds(10)));
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, 1); }, seconds(60)));
  must_put(cluster, 1, put_of("k", "w"));
  settle(cluster);
  EXPECT_EQ(epochs_of(cluster, 1, "k"), 2u);
  for (std::size_t peer : {0, 2}) cluster[1].node().lives().meet(cluster[peer].node().hello());
  must_put(cluster, 1, put_of("k", "x"));
  settle(cluster);
  EXPECT_EQ(epochs_of(cluster, 1, "k"), 2u);
  EXPECT_TRUE(store_of(cluster, 1).forgot());
}

// Of the two replicas that acknowledged one has lost its disk, and the other cannot be reached.
TEST(Lives, AWipedNodesEmptinessIsNoAnswer) {
  ClusterOptions options = with_anti_entropy();
  options.rules.sloppy = false;
  Cluster cluster(std::move(options));
  must_put(cluster, 0, with_quorum(put_of("other", "v"), 3));
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, put_of("k", "v"));
  cluster.wipe(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  cluster.network().heal();
  cluster.network().isolate("node-a", cluster.ids());
  for (std::size_t node : {1, 2}) {
    Outcome<GetResult> read = cluster.get(node, get_of("k"));
    EXPECT_FALSE(read.is_ok() && !read->found) << node;
  }
}

TEST(Lives, WhoeverHasLostDataJudgesNoPrecondition) {
  ClusterOptions options = with_anti_entropy();
  options.rules.timeout = std::chrono::milliseconds(100);
  Cluster cluster(std::move(options));
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.wipe(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(cluster[1].node().keyspace("default")->authority->in_doubt());
  cluster.network().isolate("node-b", cluster.ids());
  // Two are forwarded in vain; then nobody else seems reachable.
  for (int i = 0; i < 2; ++i) must_fail(cluster, 1, with_quorum(put_of("k", "w"), 1));
  for (bool create : {true, false}) {
    PutRequest put = with_quorum(put_of("k", "w"), 1);
    put.create_only = create;
    put.if_match = !create;
    EXPECT_NE(must_fail(cluster, 1, put).status.message().find("cannot say"), std::string::npos);
  }
  EXPECT_TRUE(cluster.put(1, with_quorum(put_of("k", "w"), 1)).is_ok());
}

TEST(Lives, AWipedNodeIsFilledByItsPeersAndCountsAgain) {
  Cluster cluster(with_anti_entropy());
  for (int i = 0; i < 50; ++i) must_put(cluster, 0, with_quorum(put_of("key" + std::to_string(i), "v"), 3));
  cluster.wipe(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  const Keyspace& keyspace = *cluster[1].node().keyspace("default");
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(keyspace.authority->in_doubt());
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return !keyspace.authority->in_doubt(); }, seconds(60)));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(cluster.copy(1, "key" + std::to_string(i)).has_value());
  // Nothing is missing any more, and a restart knows it.
  settle(cluster);
  cluster.cut_power(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  settle(cluster);
  EXPECT_FALSE(cluster[1].node().keyspace("default")->authority->in_doubt());
}

TEST(Lives, WhoeverRestartsBeforeItHasCaughtUpGoesOnCatchingUp) {
  Cluster cluster(with_anti_entropy());
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.wipe(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(cluster[1].node().keyspace("default")->authority->in_doubt());
  cluster.network().isolate("node-b", cluster.ids());
  settle(cluster);
  cluster.cut_power(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  settle(cluster);
  EXPECT_TRUE(cluster[1].node().keyspace("default")->authority->in_doubt());
}

TEST(Lives, ANodeThatWasAwayForLongerThanHintsAreKeptCatchesUpFirst) {
  ClusterOptions options = with_anti_entropy();
  options.rules.hint_window = seconds(30);
  Cluster cluster(std::move(options));
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  ASSERT_TRUE(cluster.stop(1).is_ok());
  cluster.scheduler().run_for(seconds(20));
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(cluster[1].node().keyspace("default")->authority->in_doubt());
  ASSERT_TRUE(cluster.stop(1).is_ok());
  cluster.scheduler().run_for(seconds(60));
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  const Keyspace& keyspace = *cluster[1].node().keyspace("default");
  EXPECT_TRUE(keyspace.authority->in_doubt());
  EXPECT_FALSE(store_of(cluster, 1).forgot());  // its disk is what it was, and its marks hold
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return !keyspace.authority->in_doubt(); }, seconds(60)));
}

TEST(Lives, AnAbsenceIsCaughtUpWithOnce) {
  ClusterOptions options = with_anti_entropy();
  options.rules.hint_window = seconds(30);
  Cluster cluster(std::move(options));
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  ASSERT_TRUE(cluster.stop(1).is_ok());
  cluster.scheduler().run_for(seconds(60));
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(in_doubt(cluster, 1));
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, 1); }, seconds(60)));
  for (std::size_t peer : {0, 2}) cluster[1].node().lives().meet(cluster[peer].node().hello());
  EXPECT_FALSE(in_doubt(cluster, 1)) << "links open again all the time";
}

TEST(Lives, WhoeverWasAwayAndRestartsBeforeItHasCaughtUpGoesOnCatchingUp) {
  ClusterOptions options = with_anti_entropy();
  options.rules.hint_window = seconds(30);
  Cluster cluster(std::move(options));
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  ASSERT_TRUE(cluster.stop(1).is_ok());
  cluster.scheduler().run_for(seconds(60));
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(in_doubt(cluster, 1));
  cluster.network().isolate("node-b", cluster.ids());
  settle(cluster);
  cluster.cut_power(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  EXPECT_TRUE(in_doubt(cluster, 1));
  cluster.network().heal();
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, 1); }, seconds(60)));
  settle(cluster);
  cluster.cut_power(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  settle(cluster);
  EXPECT_FALSE(in_doubt(cluster, 1)) << "the note is gone";
}

// A short absence long ago: links break and open, and each says hello.
TEST(Lives, ALinkThatOpensAgainMuchLaterFindsNoAbsence) {
  ClusterOptions options = with_anti_entropy();
  options.rules.hint_window = seconds(30);
  Cluster cluster(std::move(options));
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  ASSERT_TRUE(cluster.stop(1).is_ok());
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(seconds(90));
  ASSERT_FALSE(in_doubt(cluster, 1));
  for (std::size_t peer : {0, 2}) cluster[1].node().lives().meet(cluster[peer].node().hello());
  EXPECT_FALSE(in_doubt(cluster, 1));
}

// --- A process that lives and does not run ---

ClusterOptions with_short_window() {
  ClusterOptions options = with_anti_entropy();
  options.rules.hint_window = seconds(30);
  return options;
}

/// node-b stands still for so long, and node-a and node-c go on.
void stand_still(Cluster& cluster, Duration time) {
  cluster[1].executor().pause();
  cluster.scheduler().run_for(time);
  cluster[1].executor().resume();
}

TEST(Lives, ANodeThatDidNotRunForLongerThanHintsAreKeptCatchesUpFirst) {
  Cluster cluster(with_short_window());
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  stand_still(cluster, seconds(20));
  settle(cluster);
  EXPECT_FALSE(in_doubt(cluster, 1)) << "shorter than that";
  stand_still(cluster, seconds(60));
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return in_doubt(cluster, 1); }, std::chrono::milliseconds(50)));
  EXPECT_FALSE(store_of(cluster, 1).forgot());
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, 1); }, seconds(60)));
  settle(cluster);
  EXPECT_FALSE(in_doubt(cluster, 1));
}

// The hints for it are gone, and what was written meanwhile it does not have.
TEST(Lives, ANodeThatDidNotRunAnswersNothingOldNotEvenFirst) {
  Cluster cluster(with_short_window());
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  cluster[1].executor().pause();
  must_put(cluster, 0, put_of("k", "w"));
  cluster.scheduler().run_for(seconds(100));
  std::optional<Outcome<GetResult>> own;
  GetRequest lone = with_quorum(get_of("k"), 1);
  lone.head.deadline = cluster.scheduler().now() + seconds(2);
  cluster.get(1, lone, [&own](Outcome<GetResult> got) { own = std::move(got); });
  cluster[1].executor().resume();
  ASSERT_TRUE(cluster.scheduler().run_until([&own] { return own.has_value(); }, seconds(5)));
  ASSERT_FALSE(own->is_ok() && values(**own) == std::vector<std::string>{"v"}) << "it trusted its own copy";
}

// A suspended machine's own clock may have stood still with it; the time of day has not.
TEST(Lives, WhatTheWallClockSaysCountsToo) {
  Cluster cluster(with_short_window());
  settle(cluster);
  cluster[1].set_wall_offset_ms(30'000);
  cluster.scheduler().run_for(seconds(3));
  EXPECT_FALSE(in_doubt(cluster, 1));
  cluster[1].set_wall_offset_ms(80'000);
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return in_doubt(cluster, 1); }, seconds(3)));
}

// The time of day was set back meanwhile and shows no gap; the loop's own clock does.
TEST(Lives, WhatTheLoopsClockSaysCountsTooWhateverTheWallSays) {
  Cluster cluster(with_short_window());
  settle(cluster);
  cluster[1].executor().pause();
  cluster.scheduler().run_for(seconds(60));
  cluster[1].set_wall_offset_ms(-58'000);
  cluster[1].executor().resume();
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return in_doubt(cluster, 1); }, seconds(3)));
}

// Nobody has told it yet that it was away; it sees from its disk that it may have been.
TEST(Lives, WhoeverMayHaveBeenAwayAnswersNothingBeforeItHasMetSomebody) {
  for (const bool long_away : {true, false}) {
    Cluster cluster(with_short_window());
    must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
    settle(cluster);
    ASSERT_TRUE(cluster.stop(1).is_ok());
    if (long_away) cluster.scheduler().run_for(seconds(100));
    cluster.network().isolate("node-b", cluster.ids());
    ASSERT_TRUE(cluster.start(1).is_ok());
    EXPECT_EQ(cluster.get(1, with_quorum(get_of("k"), 1)).is_ok(), !long_away);
    cluster.network().heal();
    EXPECT_TRUE(cluster.scheduler().run_until([&] { return cluster.get(1, with_quorum(get_of("k"), 1)).is_ok(); },
                                              seconds(60)));
  }
}

// Of what only it holds nobody else can have taken anything.
TEST(Lives, WhoeverMayHaveBeenAwayAnswersForWhatIsItsAlone) {
  ClusterOptions options = with_short_window();
  KeyspaceRules lone;
  lone.name = "lone";
  lone.n = lone.r = lone.w = 1;
  options.others = {lone};
  Cluster cluster(std::move(options));
  Bytes key = "k";
  while (cluster.holders(key, "lone") != std::vector<std::size_t>{1}) key += "k";
  PutRequest put = put_of(key, "v");
  put.head.keyspace = "lone";
  must_put(cluster, 1, std::move(put));
  ASSERT_TRUE(cluster.stop(1).is_ok());
  cluster.scheduler().run_for(seconds(100));
  cluster.network().isolate("node-b", cluster.ids());
  ASSERT_TRUE(cluster.start(1).is_ok());
  GetRequest get = get_of(key);
  get.head.keyspace = "lone";
  EXPECT_EQ(values(must_get(cluster, 1, std::move(get))), std::vector<std::string>{"v"});
}

// All have slept, and nothing was written meanwhile: whoever meets another knows it, and waits for nothing more.
TEST(Lives, AClusterThatWasStoppedForLongAnswersAsSoonAsItsNodesHaveMet) {
  Cluster cluster(with_short_window());
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  for (std::size_t node = 0; node < 3; ++node) ASSERT_TRUE(cluster.stop(node).is_ok());
  cluster.scheduler().run_for(seconds(1000));
  for (std::size_t node = 0; node < 3; ++node) ASSERT_TRUE(cluster.start(node).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  for (std::size_t node = 0; node < 3; ++node) {
    EXPECT_FALSE(in_doubt(cluster, node));
    EXPECT_EQ(values(must_get(cluster, node, get_of("k"))), std::vector<std::string>{"v"});
  }
}

// --- Between the first peer and the beginning ---

bool any_suspect(Cluster& cluster, std::size_t node) {
  const Node& kernel = cluster[node].node();
  const RepairKeyspace& repair = kernel.repair(*cluster[node].node().keyspace("default"));
  for (std::size_t partition = 0; partition < repair.trees.partitions(); ++partition) {
    if (repair.suspicion.is_open(static_cast<Partition>(partition))) return true;
  }
  return false;
}

TEST(Lives, WhatIsInDoubtIsSoBeforeTheFirstPeerCanAsk) {
  Cluster cluster(with_anti_entropy());
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.wipe(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  cluster.network().isolate("node-b", cluster.ids());
  settle(cluster);
  cluster.cut_power(1);
  cluster.setup().begin_after = seconds(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  EXPECT_TRUE(in_doubt(cluster, 1));
  EXPECT_TRUE(any_suspect(cluster, 1));
}

TEST(Lives, WhatAPeerSaysBeforeTheBeginningIsNotDoubtedAgainThen) {
  ClusterOptions options = with_anti_entropy();
  options.setup.begin_after = seconds(5);
  Cluster cluster(std::move(options));
  cluster.scheduler().run_for(seconds(6));
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.wipe(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  (void)cluster.get(0, with_quorum(get_of("k"), 3));  // whatever it says: it brings node-a to greet node-b
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return store_of(cluster, 1).forgot(); }, seconds(4)));
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return !any_suspect(cluster, 1); }, seconds(4)));
  EXPECT_FALSE(cluster.scheduler().run_until([&] { return any_suspect(cluster, 1); }, seconds(10)));
}

// All that it had met restarted in between: they have it from disk.
TEST(Lives, WhatWasHeardOfAPeerOutlivesARestart) {
  Cluster cluster({});
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cluster.scheduler().run_for(seconds(5));
  for (std::size_t node = 0; node < 3; ++node) cluster.cut_power(node);
  cluster.wipe(0);
  for (std::size_t node = 0; node < 3; ++node) ASSERT_TRUE(cluster.start(node).is_ok());
  cluster.scheduler().run_for(seconds(1));
  EXPECT_TRUE(store_of(cluster, 0).forgot());
}

}  // namespace
}  // namespace stator::simulation
