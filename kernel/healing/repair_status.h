#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/healing/repair_keyspace.h"
#include "stator/host.h"

namespace stator {

/// How one keyspace's copies on this node compare to its peers', in pairs of a partition it holds and a peer that holds
/// it too.
struct RepairStatus {
  std::size_t pairs = 0;
  std::size_t verified = 0;   ///< found equal since the moment asked about
  std::size_t differing = 0;  ///< known to differ
  TimePoint oldest;           ///< when the pair was last equal that has waited longest; the moment asked about at least
};

/// `node` is this node's id. `since`: comparisons that began earlier do not count. [any-thread]
RepairStatus repair_status(RepairKeyspace& repair, std::string_view node, TimePoint since);

/// Whether the partition was found equal to the peer's in a comparison that began at `since` or later; but for writes
/// that were on their way. [any-thread]
bool verified_since(RepairKeyspace& repair, Partition partition, std::string_view peer, TimePoint since);
/// The same for every other holder of the partition. True if there is none. [any-thread]
bool verified_since(RepairKeyspace& repair, std::string_view node, Partition partition, TimePoint since);

/// The leaf that covers a key, for people. [any-thread]
struct LeafState {
  struct Peer {
    std::string node;
    TimePoint equal;    ///< when its partition was last found equal; the clock's zero: never
    TimePoint differs;  ///< since when it is known to differ; the clock's zero: it is not
  };
  bool built = false;  ///< the tree is complete
  unsigned leaf = 0;
  std::uint64_t hash = 0;
  std::vector<Peer> peers;
};
LeafState leaf_state(RepairKeyspace& repair, std::string_view node, Partition partition, BytesView key);

}  // namespace stator
