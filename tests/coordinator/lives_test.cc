#include <gtest/gtest.h>

#include "tests/coordinator/requests.h"

namespace stator::simulation {
namespace {

using std::chrono::seconds;

Store& store_of(Cluster& cluster, std::size_t node) { return *cluster[node].node().stores().front(); }

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
