#include <gtest/gtest.h>

#include "kernel/node/store_meta.h"
#include "tests/coordinator/lives.h"

// An old copy of a disk that starts more than once before it has met anybody.

namespace stator::simulation {
namespace {

using std::chrono::seconds;

/// node-a's disk is an old copy, and node-a is cut off.
void put_old_copy_back(Cluster& cluster) {
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  ASSERT_TRUE(cluster.stop(0).is_ok());
  cluster[0].disk().keep_copy();
  ASSERT_TRUE(cluster.start(0).is_ok());
  cluster.scheduler().run_for(seconds(20));
  must_put(cluster, 0, with_quorum(put_of("k", "w"), 3));
  settle(cluster);
  cluster.cut_power(0);
  cluster.scheduler().run_for(seconds(20));
  cluster[0].disk().restore_copy();
  cluster.network().isolate("node-a", cluster.ids());
}

void start_again(Cluster& cluster, std::size_t node, bool cleanly) {
  ASSERT_TRUE(cluster.start(node).is_ok());
  settle(cluster);
  cleanly ? (void)cluster.stop(node) : cluster.cut_power(node);
}

// Each start leaves a limit of the clock of its own, and what peers have heard is below that.
TEST(OldCopy, ThatStartsAgainBeforeItHasMetAnybodyIsKnownAllTheSame) {
  for (const bool cleanly : {false, true}) {
    Cluster cluster({});
    put_old_copy_back(cluster);
    for (int starts = 0; starts < 3; ++starts) start_again(cluster, 0, cleanly);
    ASSERT_TRUE(cluster.start(0).is_ok());
    EXPECT_FALSE(store_of(cluster, 0).forgot()) << "it has met nobody";
    cluster.network().heal();
    EXPECT_TRUE(cluster.scheduler().run_until([&] { return store_of(cluster, 0).forgot(); }, seconds(10))) << cleanly;
  }
}

// The one that it met in between has lost its own disk, and knows nothing.
TEST(OldCopy, ThatHasMetTooFewBeforeItStartsAgainIsKnownAllTheSame) {
  ClusterOptions options = with_anti_entropy();
  options.rules.w = 3;
  Cluster cluster(std::move(options));
  put_old_copy_back(cluster);
  cluster.wipe(1);
  cluster.network().isolate("node-b", cluster.ids());
  cluster.network().restore("node-a", "node-b");
  cluster.network().restore("node-b", "node-a");
  ASSERT_TRUE(cluster.start(1).is_ok());
  start_again(cluster, 0, true);
  ASSERT_TRUE(cluster.start(0).is_ok());
  settle(cluster);
  EXPECT_FALSE(store_of(cluster, 0).forgot());
  cluster.network().heal();
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return store_of(cluster, 0).forgot(); }, seconds(10)));
}

// It was cut off while it wrote; peers have heard of some of its lives since, and not of others.
TEST(OldCopy, IsNotWhatASoundDiskIsThatStartsAgain) {
  ClusterOptions options = with_anti_entropy();
  options.rules.w = 3;
  Cluster cluster(std::move(options));
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.cut_power(0);
  cluster.network().isolate("node-a", cluster.ids());
  for (int starts = 0; starts < 4; ++starts) {
    const std::string peer = starts % 2 == 0 ? "node-b" : "node-c";
    cluster.network().restore("node-a", peer);
    cluster.network().restore(peer, "node-a");
    start_again(cluster, 0, starts > 1);
    cluster.network().isolate("node-a", {peer});
  }
  ASSERT_TRUE(cluster.start(0).is_ok());
  must_put(cluster, 0, with_quorum(put_of("k", "w"), 1));
  cluster.network().heal();
  settle(cluster);
  EXPECT_FALSE(store_of(cluster, 0).forgot());
  EXPECT_FALSE(in_doubt(cluster, 0));
}

TEST(OldCopy, IsLookedForNoMoreOnceEnoughWereMet) {
  Cluster cluster({});
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  ASSERT_TRUE(cluster.stop(0).is_ok());
  cluster.network().isolate("node-a", cluster.ids());
  const auto note = [&] { return *store_of(cluster, 0).storage().get(found_limit_key()); };
  ASSERT_TRUE(cluster.start(0).is_ok());
  const Stamp found = store_of(cluster, 0).found_limit().first;
  EXPECT_EQ(note(), encode_found_limit(store_of(cluster, 0).found_limit()));
  settle(cluster);
  cluster.cut_power(0);
  ASSERT_TRUE(cluster.start(0).is_ok());
  EXPECT_EQ(store_of(cluster, 0).found_limit().first, found);
  EXPECT_GT(store_of(cluster, 0).found_limit().last, found);
  cluster.network().heal();
  settle(cluster);
  EXPECT_EQ(note(), std::nullopt);
  ASSERT_TRUE(cluster.stop(0).is_ok());
  ASSERT_TRUE(cluster.start(0).is_ok());
  EXPECT_GT(store_of(cluster, 0).found_limit().first, found);
}

}  // namespace
}  // namespace stator::simulation
