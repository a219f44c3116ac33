#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "kernel/healing/partition_trees.h"
#include "kernel/healing/verified_table.h"

namespace stator {

/// In which order the partitions that differ from a peer's are repaired: those known to differ longest, then those most
/// written, then those that were equal longest ago. Pure.
inline void sort_for_repair(std::vector<Partition>& differing, const VerifiedTable::Peer& peer,
                            const PartitionTrees& trees) {
  std::sort(differing.begin(), differing.end(), [&](Partition a, Partition b) {
    if (peer.differs(a) != peer.differs(b)) return peer.differs(a) < peer.differs(b);
    if (trees.heat(a) != trees.heat(b)) return trees.heat(a) > trees.heat(b);
    return std::pair(peer.equal(a), a) < std::pair(peer.equal(b), b);
  });
}

}  // namespace stator
