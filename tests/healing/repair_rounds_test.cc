#include <gtest/gtest.h>

#include "kernel/healing/repair_status.h"
#include "kernel/healing/tree_messages.h"
#include "tests/healing/repairs.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RepairRounds, ARoundCanBeAskedForOneKeyspaceAlone) {
  ClusterOptions options = repairing(3, std::chrono::hours(10));
  KeyspaceRules other;
  other.name = "other";
  other.sloppy = false;
  options.others = {other};
  Cluster cluster(std::move(options));
  cluster.scheduler().run_for(seconds(60));
  cluster.network().isolate("node-c", cluster.ids());
  for (const char* keyspace : {"default", "other"}) {
    PutRequest request = put_of("k", "v");
    request.head.keyspace = keyspace;
    must_put(cluster, 0, std::move(request));
  }
  settle(cluster);
  cluster.network().heal();
  for (std::size_t node = 0; node < 3; ++node) {
    Node& kernel = cluster[node].node();
    kernel.here().anti_entropy->hurry(&kernel.repair(*kernel.keyspace("other")));
  }
  cluster.scheduler().run_for(seconds(5));
  EXPECT_TRUE(converged(cluster, "k", "other"));
  EXPECT_FALSE(cluster.copy(2, "k").has_value());
}

// However often somebody asks for one keyspace, the others have their turn.
TEST(RepairRounds, HurryingOneKeyspaceDelaysNoOther) {
  ClusterOptions options = repairing();
  KeyspaceRules other;
  other.name = "other";
  other.sloppy = false;
  options.others = {other};
  Cluster cluster(std::move(options));
  cluster.scheduler().run_for(seconds(15));
  const TimePoint then = cluster.scheduler().now();
  for (int i = 0; i < 100; ++i) {
    Node& kernel = cluster[0].node();
    kernel.here().anti_entropy->hurry(&kernel.repair(*kernel.keyspace("other")));
    cluster.scheduler().run_for(milliseconds(200));
  }
  Node& kernel = cluster[0].node();
  EXPECT_EQ(repair_status(kernel.repair(*kernel.keyspace("default")), "node-a", then).verified, 128u);
}

// Of all partitions that are found to differ at one time the most written go first.
TEST(RepairRounds, BeginsWithTheHottestPartitions) {
  Cluster cluster(repairing());
  cluster.scheduler().run_for(seconds(15));
  const PartitionTrees& trees = cluster[0].node().repair(*cluster[0].node().keyspace("default")).trees;
  cluster.network().isolate("node-a", cluster.ids());
  const std::vector<Bytes> keys = numbered_keys(60);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t times = 0; times <= i % 7; ++times) must_put(cluster, 0, with_quorum(put_of(keys[i], "v"), 1));
  }
  settle(cluster);
  std::vector<std::uint32_t> heats;  // of those that it asks for first
  cluster.network().set_watch([&](const std::string& from, const std::string&, const Frame& frame) {
    const Result<PeerRequestMessage> message = decode_peer_request(*frame, TimePoint());
    const auto* tree = message.is_ok() ? std::get_if<TreeQuestion>(&message->body) : nullptr;
    if (from != "node-a" || tree == nullptr || !heats.empty()) return;
    const Result<TreeRequest> request = decode_tree_request(tree->message);
    if (!request.is_ok() || request->level != TreeLevel::partitions) return;
    for (std::uint32_t partition : request->nodes) heats.push_back(trees.heat(static_cast<Partition>(partition)));
  });
  cluster.network().heal();
  EXPECT_TRUE(converges(cluster, keys));
  cluster.network().set_watch(nullptr);
  ASSERT_GE(heats.size(), 5u);
  EXPECT_GT(heats.front(), heats.back());
  EXPECT_TRUE(std::is_sorted(heats.rbegin(), heats.rend()));
}

// A tree that is dropped while its partition is being compared says nothing any more, least of all that nothing is
// here.
TEST(RepairRounds, ATreeThatIsDroppedMeanwhileIsNotCompared) {
  Cluster cluster(repairing());
  cluster.scheduler().run_for(seconds(15));
  const Keyspace& keyspace = *cluster[0].node().keyspace("default");
  const Partition partition = cluster[0].node().partition_of_key(keyspace, "k");
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  const auto range_at = [&](std::size_t node) {
    const Keyspace& here = *cluster[node].node().keyspace("default");
    return std::vector<CopyRange>{{*here.store, here.id, partition}};
  };
  const auto builder_at = [&](std::size_t node) -> TreeBuilder& {
    return cluster[node].node().here().anti_entropy->builder();
  };
  std::optional<std::size_t> dropped;  // on that node
  std::size_t asked_after = 0;
  cluster.network().set_watch([&](const std::string& from, const std::string&, const Frame& frame) {
    const std::size_t node = static_cast<std::size_t>(from.back() - 'a');
    const Result<PeerRequestMessage> message = decode_peer_request(*frame, TimePoint());
    const auto* tree = message.is_ok() ? std::get_if<TreeQuestion>(&message->body) : nullptr;
    const auto* leaves = message.is_ok() ? std::get_if<LeavesQuestion>(&message->body) : nullptr;
    if (dropped == node && leaves != nullptr) ++asked_after;
    if (tree == nullptr) return;
    const TreeLevel level = decode_tree_request(tree->message)->level;
    if (dropped == node && level == TreeLevel::branches) ++asked_after;
    if (dropped || level != TreeLevel::partitions) return;
    dropped = node;
    builder_at(node).withhold(range_at(node));
  });
  cluster.network().heal();
  ASSERT_TRUE(cluster.scheduler().run_until([&] { return dropped.has_value(); }, seconds(60)));
  cluster.scheduler().run_for(seconds(2));
  EXPECT_EQ(asked_after, 0U);
  cluster.network().set_watch(nullptr);
  builder_at(*dropped).release(range_at(*dropped));
  EXPECT_TRUE(converges(cluster, {"k"}));
}

}  // namespace
}  // namespace stator::simulation
