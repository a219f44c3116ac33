#pragma once

#include "kernel/coordinator/keyspace.h"
#include "kernel/healing/partition_leases.h"
#include "kernel/healing/partition_trees.h"
#include "kernel/healing/verified_table.h"

namespace stator {

/// What a node knows of one keyspace's replicas: the trees of its own, and how they compare to the others'. Shared by
/// its loops.
struct RepairKeyspace {
  RepairKeyspace(Keyspace& of, int partition_bits)
      : keyspace(of), trees(partition_bits), verified(trees.partitions()), leases(trees.partitions()) {}

  Keyspace& keyspace;  ///< outlives this
  PartitionTrees trees;
  VerifiedTable verified;
  PartitionLeases leases;
};

}  // namespace stator
