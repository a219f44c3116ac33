#pragma once

#include "kernel/coordinator/keyspace.h"
#include "kernel/healing/partition_leases.h"
#include "kernel/healing/partition_trees.h"
#include "kernel/healing/suspicion.h"
#include "kernel/healing/verified_table.h"

namespace stator {

/// What a node knows of one keyspace's replicas: the trees of its own, and how they compare to the others'. Shared by
/// its loops.
struct RepairKeyspace {
  RepairKeyspace(Keyspace& of, int partition_bits)
      : keyspace(of),
        trees(partition_bits),
        verified(trees.partitions()),
        leases(trees.partitions()),
        suspicion(trees.partitions()) {}

  /// Whether the partition's tree may be compared with others'. [any-thread]
  bool comparable(Partition partition) const { return trees.built(partition) && !suspicion.is_open(partition); }

  Keyspace& keyspace;  ///< outlives this
  PartitionTrees trees;
  VerifiedTable verified;
  PartitionLeases leases;
  Suspicion suspicion;
};

}  // namespace stator
