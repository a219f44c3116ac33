#include <gtest/gtest.h>

#include "kernel/healing/repair_status.h"
#include "tests/healing/repairs.h"
#include "tests/simulation/seeds.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Three nodes, of which node-c misses what is written while it is away.
class MissedWrites : public ::testing::Test {
 protected:
  MissedWrites() : cluster_(repairing()) { settle(cluster_); }  // no node signs before it has met another
  void away() { cluster_.network().isolate("node-c", cluster_.ids()); }
  void back() { cluster_.network().heal(); }
  void put_all(const std::vector<Bytes>& keys, const Bytes& value) {
    for (const Bytes& key : keys) must_put(cluster_, 0, put_of(key, value));
  }
  Cluster cluster_;
};

TEST_F(MissedWrites, ReachTheReplicaWithoutAnyRead) {
  const std::vector<Bytes> keys = numbered_keys(50);
  away();
  put_all(keys, "v");
  settle(cluster_);
  EXPECT_FALSE(cluster_.copy(2, keys[0]).has_value());
  back();
  EXPECT_TRUE(converges(cluster_, keys));
  EXPECT_EQ(values(cluster_.copy(2, keys[0])), std::vector<std::string>{"v"});
}

TEST_F(MissedWrites, ThatReplaceWhatIsThereReachItToo) {
  const std::vector<Bytes> keys = numbered_keys(50);
  put_all(keys, "v");
  settle(cluster_);
  away();
  put_all(keys, "w");
  settle(cluster_);
  back();
  EXPECT_TRUE(converges(cluster_, keys));
  EXPECT_EQ(values(cluster_.copy(2, keys[7])), std::vector<std::string>{"w"});
}

TEST_F(MissedWrites, OfBothSidesBecomeSiblingsOnAllReplicas) {
  const std::vector<Bytes> keys = numbered_keys(50);
  put_all(keys, "v");
  settle(cluster_);
  away();
  put_all(keys, "w");
  for (const Bytes& key : keys) must_put(cluster_, 2, with_quorum(put_of(key, "x"), 1));
  settle(cluster_);
  back();
  EXPECT_TRUE(converges(cluster_, keys));
  for (std::size_t node = 0; node < 3; ++node)
    EXPECT_EQ(values(cluster_.copy(node, keys[3])), (std::vector<std::string>{"w", "x"}));
}

TEST_F(MissedWrites, RemovalsReachIt) {
  const std::vector<Bytes> keys = numbered_keys(50);
  put_all(keys, "v");
  settle(cluster_);
  away();
  for (const Bytes& key : keys) must_put(cluster_, 1, removal_of(key));
  settle(cluster_);
  back();
  EXPECT_TRUE(converges(cluster_, keys));
  EXPECT_FALSE(cluster_.copy(2, keys[0])->live());
}

TEST_F(MissedWrites, ReachItThroughALossyNetworkThatRepeatsAndReorders) {
  for (std::uint64_t seed : seeds(5)) {
    ClusterOptions options = repairing();
    options.seed = seed;
    Cluster cluster(std::move(options));
    settle(cluster);
    const std::vector<Bytes> keys = numbered_keys(60);
    cluster.network().isolate("node-c", cluster.ids());
    for (const Bytes& key : keys) must_put(cluster, 0, put_of(key, "v"));
    settle(cluster);
    cluster.network().heal();
    cluster.network().set_faults({50, 100, milliseconds(1), milliseconds(80)});
    EXPECT_TRUE(converges(cluster, keys)) << replay_hint(seed);
  }
}

TEST(AntiEntropy, FillsAWipedNode) {
  Cluster cluster(repairing());
  const std::vector<Bytes> keys = numbered_keys(200);
  for (const Bytes& key : keys) must_put(cluster, 0, put_of(key, "v"));
  settle(cluster);
  cluster.wipe(2);
  ASSERT_TRUE(cluster.start(2).is_ok());
  EXPECT_TRUE(converges(cluster, keys));
  settle(cluster);
  for (std::size_t node = 0; node < 3; ++node) expect_true_trees(cluster, node);
}

TEST(AntiEntropy, HealsAfterEveryNodeWasRestarted) {
  Cluster cluster(repairing());
  settle(cluster);
  const std::vector<Bytes> keys = numbered_keys(50);
  cluster.network().isolate("node-c", cluster.ids());
  for (const Bytes& key : keys) must_put(cluster, 0, put_of(key, "v"));
  settle(cluster);
  for (std::size_t node = 0; node < 3; ++node) cluster.cut_power(node);
  for (std::size_t node = 0; node < 3; ++node) ASSERT_TRUE(cluster.start(node).is_ok());
  cluster.network().heal();
  EXPECT_TRUE(converges(cluster, keys));
}

// Two copies with one context and two values: somebody's bytes were damaged. All replicas keep the same one.
TEST(AntiEntropy, ComparesValuesAndNotOnlyContexts) {
  Cluster cluster(repairing());
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.cut_power(2);
  {
    const std::unique_ptr<Storage> storage = std::move(*cluster[2].disk().open());
    Node& other = cluster[0].node();
    const Keyspace& keyspace = *other.keyspace("default");
    const Bytes where = data_key(other.partition_of_key(keyspace, "k"), keyspace.id, "k");
    Result<Copy> copy = decode_copy(**storage->get(where));
    ASSERT_TRUE(copy.is_ok());
    copy->record.versions[0].value = "damaged";
    const Bytes damaged = encode_copy(*copy);
    const Mutation mutation{where, damaged};
    ASSERT_TRUE(storage->write({&mutation, 1}).is_ok());
  }
  ASSERT_TRUE(cluster.start(2).is_ok());
  EXPECT_NE(cluster.copy(2, "k"), cluster.copy(0, "k"));
  EXPECT_TRUE(converges(cluster, {"k"}));
}

TEST(AntiEntropy, KeepsKeyspacesApartWhateverTheirN) {
  ClusterOptions options = repairing(5);
  options.rules.n = 3;
  KeyspaceRules wide;
  wide.name = "wide";
  wide.n = 5;
  KeyspaceRules lone;
  lone.name = "lone";
  lone.n = lone.r = lone.w = 1;
  options.others = {wide, lone};
  Cluster cluster(std::move(options));
  settle(cluster);
  cluster.network().isolate("node-e", cluster.ids());
  std::vector<Bytes> keys = numbered_keys(40);
  for (const Bytes& key : keys) {
    PutRequest request = put_of(key, "of wide");
    request.head.keyspace = "wide";
    must_put(cluster, 0, std::move(request));
    const std::vector<std::size_t> holders = cluster.holders(key);
    must_put(cluster, holders[0] == 4 ? holders[1] : holders[0], put_of(key, "of default"));
  }
  settle(cluster);
  cluster.network().heal();
  EXPECT_TRUE(converges(cluster, keys));
  settle(cluster);
  for (const Bytes& key : keys) {
    EXPECT_TRUE(converged(cluster, key, "wide"));
    EXPECT_EQ(values(cluster.copy(4, key, "wide")), std::vector<std::string>{"of wide"});
    for (std::size_t node = 0; node < 5; ++node) EXPECT_FALSE(cluster.copy(node, key, "lone").has_value());
    for (std::size_t node : cluster.others(key)) EXPECT_FALSE(cluster.copy(node, key).has_value());
  }
}

/// Bytes and records that nodes sent each other.
struct Carried {
  explicit Carried(Cluster& watched) : cluster(watched) {
    cluster.network().set_watch([this](const std::string&, const std::string&, const Frame& request) {
      ++requests;
      bytes += request->size();
      const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
      if (message.is_ok() && std::holds_alternative<ReplicatePut>(message->body)) ++records;
      if (message.is_ok() && std::holds_alternative<ReplicaGet>(message->body)) ++records;
      if (message.is_ok() && std::holds_alternative<LeavesQuestion>(message->body)) ++leaves;
    });
  }
  ~Carried() { cluster.network().set_watch(nullptr); }
  Carried(const Carried&) = delete;
  Carried& operator=(const Carried&) = delete;

  Cluster& cluster;
  std::size_t requests = 0, bytes = 0, records = 0, leaves = 0;
};

TEST(AntiEntropy, EqualReplicasAskForRootsAndNothingElse) {
  ClusterOptions options = repairing();
  options.setup.partition_bits = 12;
  Cluster cluster(std::move(options));
  for (const Bytes& key : numbered_keys(500)) must_put(cluster, 0, put_of(key, "v"));
  cluster.scheduler().run_for(seconds(60));
  Carried carried(cluster);
  cluster.scheduler().run_for(seconds(60));
  EXPECT_EQ(carried.records, 0u);
  EXPECT_EQ(carried.leaves, 0u);
  // 64 groups of 64 partitions, 6 pairs of nodes, 6 intervals: a hash and a number each.
  EXPECT_GE(carried.requests, 30u);
  EXPECT_LE(carried.requests, 42u);
  EXPECT_LE(carried.bytes, carried.requests * 1024);
}

TEST(AntiEntropy, ShipsAtMostThreeTimesWhatDiffers) {
  for (int partition_bits : {6, 12}) {
    ClusterOptions options = repairing();
    options.setup.partition_bits = partition_bits;
    Cluster cluster(std::move(options));
    const std::vector<Bytes> keys = numbered_keys(2000);
    const Bytes value(200, 'v');
    for (const Bytes& key : keys) must_put(cluster, 0, put_of(key, value));
    settle(cluster);
    cluster.network().isolate("node-c", cluster.ids());
    std::size_t differing = 0;
    for (std::size_t i = 0; i < keys.size(); i += 10) {
      must_put(cluster, 0, put_of(keys[i], "new" + value));
      differing += keys[i].size() + encode_record(*cluster.copy(0, keys[i])).size();
    }
    settle(cluster);
    cluster.network().heal();
    const auto sent = [&] {
      std::uint64_t bytes = 0;
      for (std::size_t node = 0; node < 3; ++node)
        bytes += cluster[node].node().repair_counters().anti_entropy_bytes.load();
      return bytes;
    };
    const std::uint64_t before = sent();
    EXPECT_TRUE(converges(cluster, keys));
    RecordProperty("ratio", std::to_string(static_cast<double>(sent() - before) / static_cast<double>(differing)));
    EXPECT_LE(sent() - before, 3 * differing) << partition_bits;
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kMany = 10'000;  // many times slower
#else
constexpr std::size_t kMany = 100'000;
#endif

// Of which one in twenty was missed by a replica.
TEST(AntiEntropy, MendsManyKeysWithinAMinute) {
  ClusterOptions options = repairing();
  options.setup.partition_bits = 12;
  Cluster cluster(std::move(options));
  const std::vector<Bytes> keys = numbered_keys(kMany);
  const auto put_every = [&](std::size_t stride, const Bytes& value) {
    std::size_t taken = 0;
    std::size_t asked = 0;
    for (std::size_t i = 0; i < keys.size(); i += stride) {
      cluster.put(0, put_of(keys[i], value), [&](const Outcome<PutResult>& put) { taken += put.is_ok() ? 1 : 0; });
      if (++asked % 1000 == 0) cluster.scheduler().run_for(std::chrono::milliseconds(100));
    }
    settle(cluster);
    EXPECT_EQ(taken, asked);
  };
  put_every(1, "old");
  cluster.network().isolate("node-c", cluster.ids());
  put_every(20, "new");
  EXPECT_FALSE(converged(cluster, keys));
  cluster.network().heal();
  EXPECT_TRUE(converges(cluster, keys));
}

TEST(AntiEntropy, WritesUnderWayAreNotTakenForDifferences) {
  ClusterOptions options = repairing(3, seconds(1));
  Cluster cluster(std::move(options));
  const std::vector<Bytes> keys = numbered_keys(5);
  const auto records = [&] {
    std::uint64_t moved = 0;
    for (std::size_t node = 0; node < 3; ++node) {
      const RepairCounters& counters = cluster[node].node().repair_counters();
      moved += counters.pulled + counters.pushed;
    }
    return moved;
  };
  for (int i = 0; i < 3000; ++i)
    must_put(cluster, static_cast<std::size_t>(i) % 3,
             put_of(keys[static_cast<std::size_t>(i) % 5], std::to_string(i)));
  cluster.scheduler().run_for(seconds(10));
  EXPECT_TRUE(converged(cluster, keys));
  // Of 3,000 writes hardly any may be shipped by a repair too.
  EXPECT_LE(records(), 60u);
  const std::uint64_t then = records();
  cluster.scheduler().run_for(seconds(60));
  EXPECT_EQ(records(), then);
}

TEST(AntiEntropy, KnowsWhatItHasVerifiedAndWhatNot) {
  Cluster cluster(repairing());
  must_put(cluster, 0, put_of("k", "v"));
  cluster.scheduler().run_for(seconds(15));
  Node& node = cluster[0].node();
  RepairKeyspace& repair = node.repair(*node.keyspace("default"));
  const Partition partition = node.partition_of_key(*node.keyspace("default"), "k");
  const TimePoint then = cluster.scheduler().now();
  EXPECT_TRUE(verified_since(repair, "node-a", partition, then - seconds(14)));
  EXPECT_FALSE(verified_since(repair, "node-a", partition, then));

  cluster.network().isolate("node-c", cluster.ids());
  cluster.scheduler().run_for(seconds(30));
  EXPECT_TRUE(verified_since(repair, partition, "node-b", then));
  EXPECT_FALSE(verified_since(repair, partition, "node-c", then));
  EXPECT_FALSE(verified_since(repair, "node-a", partition, then));
  // Every partition is on all three nodes: 64 with each peer, and half of them have waited for node-c.
  const RepairStatus status = repair_status(repair, "node-a", then);
  EXPECT_EQ(status.pairs, 128u);
  EXPECT_EQ(status.verified, 64u);
  EXPECT_EQ(status.differing, 0u);
  EXPECT_EQ(status.oldest, then);
  EXPECT_LE(repair_status(repair, "node-a", TimePoint()).oldest, then);

  must_put(cluster, 0, put_of("k", "w"));
  settle(cluster);
  cluster.network().heal();
  cluster.scheduler().run_for(seconds(60));
  EXPECT_EQ(repair_status(repair, "node-a", cluster.scheduler().now() - seconds(20)).verified, 128u);
  const LeafState leaf = leaf_state(repair, "node-a", partition, "k");
  EXPECT_TRUE(leaf.built);
  EXPECT_NE(leaf.hash, 0u);
  ASSERT_EQ(leaf.peers.size(), 2u);
  EXPECT_EQ(leaf.peers[0].differs, TimePoint());
}

TEST(AntiEntropy, ADifferenceIsKnownWhileItCannotBeRepaired) {
  Cluster cluster(repairing());
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.network().heal();
  // Roots travel, records and what is in leaves do not.
  cluster.network().set_tamper([](const std::string&, const std::string&, const Frame& request) {
    const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
    const bool root = message.is_ok() && std::holds_alternative<TreeQuestion>(message->body);
    return root ? request : std::make_shared<const Bytes>("nonsense");
  });
  cluster.scheduler().run_for(seconds(30));
  Node& node = cluster[0].node();
  RepairKeyspace& repair = node.repair(*node.keyspace("default"));
  EXPECT_EQ(repair_status(repair, "node-a", TimePoint()).differing, 1u);
  cluster.network().set_tamper(nullptr);
  EXPECT_TRUE(converges(cluster, {"k"}));
  cluster.scheduler().run_for(seconds(30));
  EXPECT_EQ(repair_status(repair, "node-a", TimePoint()).differing, 0u);
}

TEST(AntiEntropy, ACopyThatCannotBeReadKeepsNoOtherWaiting) {
  for (const bool here : {false, true}) {
    Cluster cluster(repairing());
    const std::vector<Bytes> keys = numbered_keys(200);
    must_put(cluster, 0, with_quorum(put_of("bad", "v"), 3));
    settle(cluster);
    cluster.network().isolate("node-c", cluster.ids());
    for (const Bytes& key : keys) must_put(cluster, 0, put_of(key, "v"));
    // Where most of the records come from, or where they are to go.
    for (const std::size_t node : here ? std::vector<std::size_t>{2} : std::vector<std::size_t>{0, 1}) {
      Node& kernel = cluster[node].node();
      const Keyspace& keyspace = *kernel.keyspace("default");
      const Bytes where = data_key(kernel.partition_of_key(keyspace, "bad"), keyspace.id, "bad");
      const Mutation nonsense{where, "nonsense", false};
      ASSERT_TRUE(keyspace.store->storage().write({&nonsense, 1}).is_ok());
      cluster.kill(node);
      ASSERT_TRUE(cluster.start(node).is_ok());
    }
    cluster.network().heal();
    EXPECT_TRUE(converges(cluster, keys)) << here;
  }
}

TEST(AntiEntropy, APartitionThatIsNotReadyKeepsNoOtherWaiting) {
  Cluster cluster(repairing());
  cluster.scheduler().run_for(seconds(15));
  Node& node = cluster[0].node();
  RepairKeyspace& repair = node.repair(*node.keyspace("default"));
  repair.suspicion.raise({5}, Stamp{});
  const TimePoint then = cluster.scheduler().now();
  cluster.scheduler().run_for(seconds(60));
  for (std::size_t partition = 0; partition < repair.trees.partitions(); ++partition)
    EXPECT_EQ(verified_since(repair, "node-a", static_cast<Partition>(partition), then), partition != 5) << partition;
}

TEST(AntiEntropy, ARoundCanBeAskedFor) {
  Cluster cluster(repairing(3, std::chrono::hours(10)));
  cluster.scheduler().run_for(seconds(60));
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.network().heal();
  cluster.scheduler().run_for(seconds(60));
  EXPECT_FALSE(cluster.copy(2, "k").has_value());
  for (std::size_t node = 0; node < 3; ++node) cluster[node].node().here().anti_entropy->hurry();
  cluster.scheduler().run_for(seconds(5));
  EXPECT_TRUE(converged(cluster, "k"));
}

TEST(AntiEntropy, KeepsToItsBudget) {
  ClusterOptions options = repairing();
  options.setup.anti_entropy.bytes_per_second = 20'000;
  Cluster cluster(std::move(options));
  const std::vector<Bytes> keys = numbered_keys(300);
  for (const Bytes& key : keys) must_put(cluster, 0, put_of(key, Bytes(2000, 'v')));
  settle(cluster);
  cluster.wipe(2);
  ASSERT_TRUE(cluster.start(2).is_ok());
  const auto spent = [&] {
    std::uint64_t bytes = 0;
    for (std::size_t node = 0; node < 3; ++node)
      bytes += cluster[node].node().repair_counters().anti_entropy_bytes.load();
    return bytes;
  };
  const std::uint64_t before = spent();
  cluster.scheduler().run_for(seconds(5));
  EXPECT_FALSE(converged(cluster, keys));
  // Three nodes, five seconds, and what was on its way when the budget was used up.
  EXPECT_LE(spent() - before, 3 * 5 * 20'000u + 3 * 600'000u);
  EXPECT_TRUE(converges(cluster, keys));
}

TEST(AntiEntropy, WithoutItMissedWritesStayMissed) {
  Cluster cluster(repairing(3, Duration(0)));
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster.network().heal();
  cluster.scheduler().run_for(seconds(120));
  EXPECT_FALSE(cluster.copy(2, "k").has_value());
}

}  // namespace
}  // namespace stator::simulation
