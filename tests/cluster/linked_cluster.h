#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/ring/ring.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/link_proxy.h"

namespace stator::cluster {

/// A cluster whose nodes reach each other over a LinkProxy alone; clients reach every node directly. [serial, blocking]
class LinkedCluster {
 public:
  /// Starts nothing. `nodes` of them, and `seed` for the links' jitter and loss.
  LinkedCluster(std::size_t nodes, std::uint64_t seed, const std::string& tables = kOrdinaryTables);

  LinkProxy& links() { return links_; }
  Cluster& cluster() { return cluster_; }
  std::size_t size() const { return cluster_.size(); }
  std::vector<std::uint16_t> ports() const;
  /// The nodes that hold a key of the default keyspace, in preference order.
  std::vector<std::size_t> holders(const std::string& key) const;
  /// What each holder shows of its own copy of the key; a node that does not answer shows nothing.
  std::vector<std::string> copies(const std::string& key);
  /// Whether all holders of the key hold the same record, byte for byte, and say so.
  bool agrees(const std::string& key);

 private:
  LinkProxy links_;
  Cluster cluster_;
  Ring ring_;
};

}  // namespace stator::cluster
