#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "kernel/causality/copy.h"
#include "kernel/causality/record_codec.h"
#include "kernel/healing/leaf_scan.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"
#include "tests/coordinator/requests.h"
#include "tests/simulation/cluster.h"

/// Short ways to say what the tests of anti-entropy say often.
namespace stator::simulation {

inline ClusterOptions repairing(std::size_t nodes = 3, Duration interval = std::chrono::seconds(10)) {
  ClusterOptions options;
  options.nodes = nodes;
  options.setup.anti_entropy.interval = interval;
  options.rules.sloppy = false;  // hints would leave it nothing to do
  return options;
}

/// Whether all nodes that hold the key have the same copy, and have one.
inline bool converged(Cluster& cluster, const Bytes& key, const std::string& keyspace = "default") {
  std::set<std::optional<Bytes>> copies;
  for (std::size_t node : cluster.holders(key, keyspace)) {
    const std::optional<Record> copy = cluster.copy(node, key, keyspace);
    copies.insert(copy ? std::optional<Bytes>(encode_record(*copy)) : std::nullopt);
  }
  return copies.size() == 1 && copies.begin()->has_value();
}
inline bool converged(Cluster& cluster, const std::vector<Bytes>& keys) {
  return std::all_of(keys.begin(), keys.end(), [&](const Bytes& key) { return converged(cluster, key); });
}
/// Lets time pass until they are; false after a minute.
inline bool converges(Cluster& cluster, const std::vector<Bytes>& keys) {
  for (int second = 0; second < 60 && !converged(cluster, keys); ++second)
    cluster.scheduler().run_for(std::chrono::seconds(1));
  return converged(cluster, keys);
}

inline std::vector<Bytes> numbered_keys(std::size_t count) {
  std::vector<Bytes> keys;
  for (std::size_t i = 0; i < count; ++i) keys.push_back("key-" + std::to_string(i));
  return keys;
}

/// Every tree of the node is built and says what its storage holds.
inline void expect_true_trees(Cluster& cluster, std::size_t node, const std::string& keyspace = "default") {
  Node& kernel = cluster[node].node();
  const Keyspace& of = *kernel.keyspace(keyspace);
  const PartitionTrees& trees = kernel.repair(of).trees;
  for (std::size_t p = 0; p < trees.partitions(); ++p) {
    const auto partition = static_cast<Partition>(p);
    ASSERT_TRUE(trees.built(partition)) << p;
    MerkleTree stored;
    const auto scanned =
        scan_slice({*of.store, of.id, partition}, "", {SIZE_MAX, SIZE_MAX},
                   [&](BytesView key, BytesView copy) { stored.change(key_hash(key), 0, stored_digest(copy)); });
    ASSERT_TRUE(scanned.is_ok());
    for (unsigned leaf = 0; leaf < MerkleTree::kLeaves; ++leaf)
      ASSERT_EQ(trees.leaf(partition, leaf), stored.leaf(leaf)) << "partition " << p << " leaf " << leaf;
  }
}

}  // namespace stator::simulation
