#include <gtest/gtest.h>

#include "kernel/replica/storage_keys.h"
#include "tests/coordinator/lives.h"
#include "tests/simulation/frame_kind.h"

// Who is in doubt vouches for nobody: two nodes that have lost the same find each other equal.

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kPartitions = 64;

ClusterOptions written_by(int w, std::size_t nodes = 3) {
  ClusterOptions options = with_anti_entropy();
  options.nodes = nodes;
  options.setup.partition_bits = 6;
  options.rules.n = static_cast<int>(nodes);
  options.rules.w = w;
  options.rules.r = 1;
  options.rules.sloppy = false;
  options.rules.hint_window = seconds(30);
  return options;
}

bool is_believed(Cluster& cluster, std::size_t node, const Bytes& key) {
  const Node& kernel = cluster[node].node();
  const Keyspace& keyspace = *cluster[node].node().keyspace("default");
  return keyspace.speaks_for(kernel.partition_of_key(keyspace, key));
}

/// New disks, of which their nodes learn what they have lost; then they do not reach the others.
void lose_disks(Cluster& cluster, const std::vector<std::size_t>& nodes, const std::vector<std::string>& others) {
  for (std::size_t node : nodes) cluster.wipe(node);
  for (std::size_t node : nodes) ASSERT_TRUE(cluster.start(node).is_ok());
  for (std::size_t node : nodes)
    ASSERT_TRUE(cluster.scheduler().run_until([&] { return in_doubt(cluster, node); }, milliseconds(50)));
  for (std::size_t node : nodes) cluster.network().isolate(cluster[node].id(), others);
}

// Three acknowledgements are promised to survive two disks.
TEST(Doubt, TwoEmptyDisksDoNotMakeEachOtherWhole) {
  Cluster cluster(written_by(3));
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  lose_disks(cluster, {0, 1}, {"node-c"});
  cluster.scheduler().run_for(seconds(120));
  for (std::size_t node : {0, 1}) {
    EXPECT_EQ(cluster[node].node().keyspace("default")->authority->missing(), kPartitions)
        << "not even where it holds nothing";
    EXPECT_FALSE(cluster.get(node, get_of("k")).is_ok()) << node;
  }
  cluster.network().heal();
  for (std::size_t node : {0, 1}) {
    EXPECT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, node); }, seconds(60))) << node;
    EXPECT_EQ(values(must_get(cluster, node, get_of("k"))), std::vector<std::string>{"v"});
  }
}

// Of five that hold it three have acknowledged: the two that lost their disks, and one that they cannot reach. The
// other two have missed it, and have lost nothing.
TEST(Doubt, TheThirdThatWouldMakeEnoughMustNotBeInDoubtItself) {
  Cluster cluster(written_by(3, 5));
  must_put(cluster, 0, with_quorum(put_of("other", "v"), 5));
  for (const char* node : {"node-d", "node-e"}) cluster.network().isolate(node, cluster.ids());
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.network().heal();
  cluster.network().isolate("node-c", {"node-d", "node-e"});
  lose_disks(cluster, {0, 1}, {"node-c"});
  cluster.scheduler().run_for(seconds(120));
  for (std::size_t node : {0, 1}) EXPECT_FALSE(is_believed(cluster, node, "k")) << node;
  cluster.network().heal();
  for (std::size_t node : {0, 1})
    EXPECT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, node); }, seconds(60))) << node;
  EXPECT_EQ(values(must_get(cluster, 0, get_of("k"))), std::vector<std::string>{"v"});
}

// One disk is empty, and in place of the other lies an old copy. Nobody has told that node yet: it has met the first
// alone, which knows nothing.
TEST(Doubt, WhoeverMayYetLearnOfALossVouchesForNobody) {
  Cluster cluster(written_by(3));
  must_put(cluster, 0, put_of("other", "v"));
  ASSERT_TRUE(cluster.stop(1).is_ok());
  cluster[1].disk().keep_copy();
  ASSERT_TRUE(cluster.start(1).is_ok());
  cluster.scheduler().run_for(seconds(20));
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.cut_power(1);
  cluster[1].disk().restore_copy();
  cluster.network().isolate("node-c", {"node-b"});
  ASSERT_TRUE(cluster.start(1).is_ok());
  lose_disks(cluster, {0}, {"node-c"});
  cluster.scheduler().run_for(seconds(60));
  ASSERT_FALSE(in_doubt(cluster, 1)) << "it knows of nothing";
  EXPECT_EQ(store_of(cluster, 1).incarnation(), Stamp{}) << "nor whether its marks hold";
  EXPECT_FALSE(is_believed(cluster, 0, "k"));
  cluster.network().heal();
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return store_of(cluster, 1).forgot(); }, seconds(60)));
  for (std::size_t node : {0, 1}) {
    EXPECT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, node); }, seconds(60))) << node;
    EXPECT_EQ(values(must_get(cluster, node, get_of("k"))), std::vector<std::string>{"v"});
  }
}

// The peer had the record, and vouched, when its branches were compared; when it is asked for the leaf it has lost the
// record as well, so that nothing differs any more. Once it knows of its loss, and once it does not.
TEST(Doubt, IsToldWithTheLeavesToo) {
  for (const bool known : {true, false}) {
    Cluster cluster(written_by(3));
    must_put(cluster, 0, put_of("k", "v"));
    settle(cluster);
    lose_disks(cluster, {0}, {"node-c"});
    Node& peer = cluster[1].node();
    Keyspace& keyspace = *peer.keyspace("default");
    const Partition partition = peer.partition_of_key(keyspace, "k");
    for (const auto& shard : peer.shards()) shard->anti_entropy->end();  // it only answers
    const Bytes copy = data_key(partition, keyspace.id, "k");
    bool lost = false;
    cluster.network().set_watch([&](const std::string& from, const std::string&, const Frame& request) {
      if (lost || from != "node-a" || kind_of(*request) != FrameKind::leaf) return;
      lost = true;
      const Mutation erase{copy, {}, true};
      EXPECT_TRUE(store_of(cluster, 1).storage().write({&erase, 1}).is_ok());
      if (known) keyspace.authority->lose({partition}, cluster.scheduler().now());
    });
    cluster.scheduler().run_for(seconds(60));
    EXPECT_TRUE(lost);
    EXPECT_EQ(is_believed(cluster, 0, "k"), !known);
  }
}

// Nobody is left who could vouch; nor who could know more than they do together.
TEST(Doubt, WhereAllAreInDoubtBeingEqualWithAllOthersIsEnough) {
  for (const int w : {1, 2, 3}) {
    Cluster cluster(written_by(w));
    must_put(cluster, 0, put_of("k", "v"));
    settle(cluster);
    for (std::size_t node = 0; node < 3; ++node) cluster[node].executor().pause();
    cluster.scheduler().run_for(seconds(60));
    for (std::size_t node = 0; node < 3; ++node) cluster[node].executor().resume();
    for (std::size_t node = 0; node < 3; ++node)
      ASSERT_TRUE(cluster.scheduler().run_until([&] { return in_doubt(cluster, node); }, milliseconds(50))) << w;
    for (std::size_t node = 0; node < 3; ++node) {
      EXPECT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, node); }, seconds(60))) << w;
      EXPECT_EQ(values(must_get(cluster, node, get_of("k"))), std::vector<std::string>{"v"}) << w;
    }
  }
}

// It had caught up with nearly all when it stood still. What was written meanwhile, in partitions that counted again,
// it has missed like anything else.
TEST(Doubt, BeginsAnewWithAPauseThatIsAnAbsence) {
  Cluster cluster(written_by(2));
  must_put(cluster, 0, with_quorum(put_of("k", "v"), 3));
  settle(cluster);
  cluster.wipe(1);
  ASSERT_TRUE(cluster.start(1).is_ok());
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return in_doubt(cluster, 1); }, milliseconds(50)));
  Authority& authority = *cluster[1].node().keyspace("default")->authority;
  // As anti-entropy would, partition by partition: all but one.
  const Partition last = cluster[1].node().partition_of_key(*cluster[1].node().keyspace("default"), "k") == 0 ? 1 : 0;
  for (Partition partition = 0; partition < kPartitions; ++partition) {
    if (partition == last) continue;
    for (const char* peer : {"node-a", "node-c"}) authority.verify(partition, {peer}, {2, 2});
  }
  ASSERT_EQ(authority.missing(), 1u);
  ASSERT_TRUE(is_believed(cluster, 1, "k"));
  cluster[1].executor().pause();
  must_put(cluster, 0, put_of("k", "w"));
  cluster.scheduler().run_for(seconds(60));
  cluster[1].executor().resume();
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return authority.missing() > 1; }, milliseconds(50)));
  EXPECT_FALSE(is_believed(cluster, 1, "k"));
  EXPECT_TRUE(cluster.scheduler().run_until([&] { return !in_doubt(cluster, 1); }, seconds(60)));
}

}  // namespace
}  // namespace stator::simulation
