#include <gtest/gtest.h>

#include "tests/healing/collecting_cluster.h"
#include "tests/healing/hint_cluster.h"
#include "tests/healing/repairs.h"

/// What nodes read by themselves, over storages whose reads may wait for a disk: no loop waits.
namespace stator::simulation {
namespace {

using std::chrono::seconds;

ClusterOptions blocking(ClusterOptions options) {
  options.setup.reads_may_block = true;
  return options;
}

/// Long enough that nothing is in memory any more.
void cool_down(Cluster& cluster) { cluster.scheduler().run_for(seconds(5)); }

void expect_no_loop_waited(Cluster& cluster) {
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    if (!cluster[node].up()) continue;
    const ReadWatch& watch = *cluster[node].read_watch();
    EXPECT_EQ(watch.waits(), 0U) << cluster[node].id() << ": the first of them in space "
                                 << static_cast<int>(watch.first().empty() ? 0 : watch.first().front());
  }
}

// The watch itself: who reads what nobody has read before is caught.
TEST(BlockingReads, OnALoopAreSeen) {
  Cluster cluster(blocking({}));
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  cool_down(cluster);
  Node& node = cluster[0].node();
  const Keyspace& keyspace = *node.keyspace("default");
  const Partition partition = node.partition_of_key(keyspace, "k");
  ASSERT_TRUE(node.shard_of(partition).replica.held({*keyspace.store, partition, keyspace.id, "k"}, true).is_ok());
  EXPECT_EQ(cluster[0].read_watch()->waits(), 1U);
}

TEST(BlockingReads, OfHintsThatAreCopiesAndOfTheRecordsThatReferencesMean) {
  for (const std::size_t nodes : {5, 3}) {
    HintCluster on(blocking({.nodes = nodes}));
    const std::size_t down = on.primaries[2];
    on.cluster.cut_power(down);
    std::vector<Bytes> keys{"k"};
    for (int i = 0; keys.size() < 40; ++i) {
      const Bytes key = "key-" + std::to_string(i);
      if (on.cluster.holders(key) == on.primaries) keys.push_back(key);
    }
    for (const Bytes& key : keys) must_put(on.cluster, on.primaries[0], put_of(key, "v"));
    cool_down(on.cluster);
    ASSERT_GE(on.pending(), keys.size());
    ASSERT_TRUE(on.cluster.start(down).is_ok());
    EXPECT_TRUE(on.drains());
    for (const Bytes& key : keys) EXPECT_EQ(values(on.cluster.copy(down, key)), std::vector<std::string>{"v"}) << key;
    expect_no_loop_waited(on.cluster);
  }
}

TEST(BlockingReads, OfCopiesThatAreBroughtToAnotherPrimary) {
  ClusterOptions options{.nodes = 5};
  options.rules.hint_window = seconds(30);
  HintCluster on(blocking(std::move(options)));
  for (std::size_t node : on.primaries) on.cluster.cut_power(node);
  for (int i = 0; i < 10; ++i) static_cast<void>(on.write(on.fallbacks[0], put_of("k", "v")));
  cool_down(on.cluster);
  ASSERT_GE(on.pending(), 2u);
  ASSERT_TRUE(on.cluster.start(on.primaries[2]).is_ok());
  on.cluster.scheduler().run_for(seconds(60));
  EXPECT_EQ(on.values_at(on.primaries[2]), std::vector<std::string>{"v"});
  EXPECT_EQ(on.pending(), 0u);
  expect_no_loop_waited(on.cluster);
}

// A hint that was being read when it changed is not taken for the one that was due.
TEST(BlockingReads, AHintThatChangesWhileItIsReadStays) {
  HintCluster on(blocking({.nodes = 3}));
  const std::size_t down = on.primaries[2];
  on.cluster.cut_power(down);
  must_put(on.cluster, on.primaries[0], put_of("k", "first"));
  cool_down(on.cluster);
  ASSERT_TRUE(on.cluster.start(down).is_ok());
  for (int i = 0; i < 200; ++i) {
    must_put(on.cluster, on.primaries[static_cast<std::size_t>(i) % 2], put_of("k", std::to_string(i)));
  }
  EXPECT_TRUE(on.drains());
  settle(on.cluster);
  EXPECT_EQ(on.values_at(down), on.values_at(on.primaries[0]));
  expect_no_loop_waited(on.cluster);
}

TEST(BlockingReads, OfRoundsOfACollection) {
  Cluster cluster(blocking(collecting_options()));
  std::vector<Bytes> keys = numbered_keys(40);
  for (const Bytes& key : keys) must_put(cluster, 0, with_quorum(put_of(key, "v"), 3));
  for (const Bytes& key : keys) must_put(cluster, 0, with_quorum(removal_of(key), 3));
  const auto all_gone = [&] {
    return std::all_of(keys.begin(), keys.end(), [&](const Bytes& key) {
      for (std::size_t node : cluster.holders(key)) {
        if (cluster.copy(node, key)) return false;
      }
      return true;
    });
  };
  EXPECT_TRUE(cluster.scheduler().run_until(all_gone, seconds(120)));
  expect_no_loop_waited(cluster);
}

TEST(BlockingReads, OfRepairs) {
  Cluster cluster(blocking(repairing()));
  const std::vector<Bytes> keys = numbered_keys(60);
  for (const Bytes& key : keys) must_put(cluster, 0, with_quorum(put_of(key, "old"), 3));
  cluster.network().isolate("node-c", cluster.ids());
  for (const Bytes& key : keys) must_put(cluster, 0, put_of(key, "new"));
  must_put(cluster, 2, with_quorum(put_of("its own", "v"), 1));
  cool_down(cluster);
  cluster.network().heal();
  EXPECT_TRUE(converges(cluster, keys));
  EXPECT_TRUE(converges(cluster, {"its own"}));
  expect_no_loop_waited(cluster);
}

// An old copy of its disk is sifted: it asks about each of its keys, and others look.
TEST(BlockingReads, OfADiskThatWasPutBack) {
  Cluster cluster(blocking(collecting_options()));
  const std::vector<Bytes> keys = numbered_keys(40);
  for (const Bytes& key : keys) must_put(cluster, 0, with_quorum(put_of(key, "v"), 3));
  ASSERT_TRUE(cluster.stop(1).is_ok());
  cluster[1].disk().keep_copy();
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(seconds(10));  // the grace: what is younger cannot have been collected, and is no suspect
  for (const Bytes& key : keys) must_put(cluster, 0, with_quorum(put_of(key, "w"), 3));
  cluster.cut_power(1);
  cluster[1].disk().restore_copy();
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(seconds(60));
  EXPECT_GT(cluster[1].node().repair_counters().vouched_for, 0U);
  EXPECT_TRUE(converged(cluster, keys));
  expect_no_loop_waited(cluster);
}

}  // namespace
}  // namespace stator::simulation
