#pragma once

#include <chrono>
#include <cstddef>

#include "tests/coordinator/requests.h"

/// What tests of nodes that have lost something look at.
namespace stator::simulation {

inline Store& store_of(Cluster& cluster, std::size_t node) { return *cluster[node].node().stores().front(); }

inline bool in_doubt(Cluster& cluster, std::size_t node) {
  return cluster[node].node().keyspace("default")->authority->in_doubt();
}

inline ClusterOptions with_anti_entropy() {
  ClusterOptions options;
  options.setup.anti_entropy.interval = std::chrono::seconds(10);
  return options;
}

}  // namespace stator::simulation
