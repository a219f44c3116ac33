#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/coordinator/requests.h"
#include "tests/simulation/cluster.h"

namespace stator::simulation {

/// Five nodes, and one key with three primaries and two fallbacks among them.
struct HintCluster {
  explicit HintCluster(ClusterOptions options = {.nodes = 5}) : cluster(std::move(options)) {
    primaries = cluster.holders("k");
    Node& kernel = cluster[0].node();
    const Keyspace& keyspace = *kernel.keyspace("default");
    for (const std::string& id : keyspace.current_placement()->fallbacks(kernel.partition_of_key(keyspace, "k")))
      fallbacks.push_back(static_cast<std::size_t>(id.back() - 'a'));
  }

  std::string id(std::size_t node) const { return std::string("node-") + static_cast<char>('a' + node); }
  /// Another key of the same primaries.
  Bytes key_beside() {
    for (int i = 0;; ++i) {
      Bytes key = "k" + std::to_string(i);
      if (cluster.holders(key) == primaries) return key;
    }
  }
  /// Hints on `node` for `target`.
  HintTotals hints(std::size_t node, std::size_t target) {
    return cluster[node].up() ? cluster[node].node().hint_ledger().of(id(target)) : HintTotals();
  }
  std::uint64_t pending() {
    std::uint64_t sum = 0;
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      for (std::size_t target = 0; target < cluster.size(); ++target) sum += hints(node, target).pending;
    }
    return sum;
  }
  bool drains() {
    return cluster.scheduler().run_until([this] { return pending() == 0; }, std::chrono::seconds(60));
  }
  bool write(std::size_t node, PutRequest request) { return cluster.put(node, std::move(request)).is_ok(); }
  std::vector<std::string> values_at(std::size_t node) { return values(cluster.copy(node, "k")); }

  Cluster cluster;
  std::vector<std::size_t> primaries;
  std::vector<std::size_t> fallbacks;
};

}  // namespace stator::simulation
