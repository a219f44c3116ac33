#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "tests/cluster/linked_cluster.h"

namespace stator::cluster {

/// What can happen to a cluster, one thing after another, by a seed: links that are slow, lose or are cut, one way or
/// both, groups that only one node joins, nodes that are killed or stopped. At most one node is dead and at most one
/// frozen at a time. [serial, blocking]
class Troubles {
 public:
  Troubles(LinkedCluster& linked, std::uint64_t seed) : linked_(linked), random_(seed) {}

  /// One more, or the end of one. Says what it was.
  std::string next();
  /// Heals all links, thaws and starts all nodes, and waits until each reaches every other.
  testing::AssertionResult end();
  /// How often each kind was made.
  const std::map<std::string, int>& counts() const { return counts_; }
  static const std::vector<std::string>& kinds();

 private:
  using Make = void (Troubles::*)();
  static const std::vector<std::pair<std::string, Make>>& table();

  void cut_one_way();
  void cut_both_ways();
  void isolate();
  void bridge();
  void slow();
  void lossy();
  void drop();
  void heal();
  void kill();
  void freeze();

  std::size_t some_node();
  /// Two different nodes.
  std::pair<std::size_t, std::size_t> some_link();
  void restart();
  void thaw();

  LinkedCluster& linked_;
  std::mt19937_64 random_;
  std::map<std::string, int> counts_;
  std::optional<std::size_t> dead_;
  std::optional<std::size_t> frozen_;
};

}  // namespace stator::cluster
