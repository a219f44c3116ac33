#include <gtest/gtest.h>

#include "tests/coordinator/lives.h"

namespace stator::simulation {
namespace {

using std::chrono::seconds;

// Its first start leaves a limit of the clock on the new disk, and what peers have heard is below that.
TEST(EmptyDisk, AWipedNodeThatStartsAgainBeforeItHasMetAnybodyLearnsItToo) {
  for (const bool cleanly : {false, true}) {
    Cluster cluster({});
    must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
    cluster.wipe(0);
    cluster.network().isolate("node-a", cluster.ids());
    for (int starts = 0; starts < 3; ++starts) {
      ASSERT_TRUE(cluster.start(0).is_ok());
      settle(cluster);
      cleanly ? (void)cluster.stop(0) : cluster.cut_power(0);
    }
    ASSERT_TRUE(cluster.start(0).is_ok());
    cluster.network().heal();
    EXPECT_TRUE(cluster.scheduler().run_until([&] { return store_of(cluster, 0).forgot(); }, seconds(10))) << cleanly;
  }
}

// It sees that its disk is empty, in the second life too; what it has lost somebody has to tell it.
TEST(EmptyDisk, WhoeverFindsItsDiskEmptyAnswersNothingBeforeItHasMetSomebody) {
  Cluster cluster(with_anti_entropy());
  must_put(cluster, 1, with_quorum(put_of("k", "v"), 3));
  cluster.wipe(1);
  cluster.network().isolate("node-b", cluster.ids());
  for (int starts = 0; starts < 2; ++starts) {
    ASSERT_TRUE(cluster.start(1).is_ok());
    EXPECT_FALSE(cluster.get(1, with_quorum(get_of("k"), 1)).is_ok());
    cluster.cut_power(1);
  }
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.network().heal();
  EXPECT_TRUE(cluster.scheduler().run_until(
      [&] {
        Outcome<GetResult> read = cluster.get(1, with_quorum(get_of("k"), 1));
        EXPECT_FALSE(read.is_ok() && !read->found);
        return read.is_ok();
      },
      seconds(60)));
}

// Writes are promised to survive the loss of two disks: the first that it meets may have lost the other.
TEST(EmptyDisk, OfAnEmptyDiskAsManyMustHaveSpokenAsMayHaveLostTheirs) {
  ClusterOptions options = with_anti_entropy();
  options.rules.sloppy = false;
  options.rules.w = 3;
  options.rules.r = 1;
  Cluster cluster(std::move(options));
  must_put(cluster, 0, put_of("k", "v"));
  for (std::size_t node : {0, 1}) cluster.wipe(node);
  cluster.network().isolate("node-c", cluster.ids());
  for (std::size_t node : {0, 1}) ASSERT_TRUE(cluster.start(node).is_ok());
  settle(cluster);
  EXPECT_FALSE(cluster.get(0, get_of("k")).is_ok()) << "node-b has lost as much";
  cluster.cut_power(0);
  ASSERT_TRUE(cluster.start(0).is_ok());
  settle(cluster);
  EXPECT_FALSE(store_of(cluster, 0).forgot()) << "what node-b has heard it gave since";
  cluster.network().heal();
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return store_of(cluster, 0).forgot(); }, seconds(10)));
}

TEST(EmptyDisk, ANewClusterAnswersAsSoonAsItsNodesHaveMet) {
  Cluster cluster(with_anti_entropy());
  cluster.wipe(2);  // that one has yet to be set up
  cluster.scheduler().run_for(std::chrono::milliseconds(50));
  for (std::size_t node : {0, 1}) EXPECT_TRUE(cluster.get(node, get_of("k")).is_ok()) << node;
  ASSERT_TRUE(cluster.start(2).is_ok());
  EXPECT_FALSE(cluster.get(2, with_quorum(get_of("k"), 3)).is_ok()) << "it has met nobody";
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return cluster.get(2, get_of("k")).is_ok(); }, seconds(10)));
  for (std::size_t node = 0; node < 3; ++node) {
    EXPECT_FALSE(store_of(cluster, node).forgot());
    EXPECT_FALSE(in_doubt(cluster, node));
  }
}

// What it has heard of others outlives a crash from the moment on at which it takes their writes.
TEST(EmptyDisk, IsKnownToWhoeverHoldsAWriteOfItsNode) {
  ClusterOptions options = with_anti_entropy();
  options.rules.sloppy = false;
  Cluster cluster(std::move(options));
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, put_of("k", "v"));
  cluster.cut_power(1);
  cluster.wipe(0);
  for (std::size_t node : {0, 1}) ASSERT_TRUE(cluster.start(node).is_ok());
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return store_of(cluster, 0).forgot(); }, seconds(10)));
}

TEST(EmptyDisk, ANodeOfItsOwnAnswersAtOnce) {
  ClusterOptions options = with_anti_entropy();
  options.nodes = 1;
  options.rules.n = options.rules.r = options.rules.w = 1;
  Cluster cluster(std::move(options));
  EXPECT_FALSE(must_get(cluster, 0, get_of("k")).found);
  must_put(cluster, 0, put_of("k", "v"));
  EXPECT_EQ(values(must_get(cluster, 0, get_of("k"))), std::vector<std::string>{"v"});
}

}  // namespace
}  // namespace stator::simulation
