#include "kernel/healing/repair_status.h"

#include <algorithm>

namespace stator {

RepairStatus repair_status(RepairKeyspace& repair, std::string_view node, TimePoint since) {
  RepairStatus status;
  status.oldest = TimePoint::max();
  const auto placement = repair.keyspace.current_placement();
  for (std::size_t p = 0; p < placement->primaries.size(); ++p) {
    const auto partition = static_cast<Partition>(p);
    const std::vector<std::string>& holders = placement->holders(partition);
    if (std::find(holders.begin(), holders.end(), node) == holders.end()) continue;
    for (const std::string& peer : holders) {
      if (peer == node) continue;
      const VerifiedTable::Peer& seen = repair.verified.peer(peer);
      const TimePoint equal = seen.equal(partition);
      ++status.pairs;
      status.verified += equal >= since ? 1 : 0;
      status.differing += seen.differs(partition) != TimePoint() ? 1 : 0;
      status.oldest = std::min(status.oldest, std::max(equal, since));
    }
  }
  return status;
}

bool verified_since(RepairKeyspace& repair, Partition partition, std::string_view peer, TimePoint since) {
  return repair.verified.peer(peer).equal(partition) >= since;
}

bool verified_since(RepairKeyspace& repair, std::string_view node, Partition partition, TimePoint since) {
  const auto placement = repair.keyspace.current_placement();
  const std::vector<std::string>& holders = placement->holders(partition);
  return std::all_of(holders.begin(), holders.end(), [&](const std::string& peer) {
    return peer == node || verified_since(repair, partition, peer, since);
  });
}

LeafState leaf_state(RepairKeyspace& repair, std::string_view node, Partition partition, BytesView key) {
  LeafState state;
  state.built = repair.trees.built(partition);
  state.leaf = MerkleTree::leaf_of(key_hash(key));
  state.hash = repair.trees.leaf(partition, state.leaf);
  for (const std::string& peer : repair.keyspace.current_placement()->holders(partition)) {
    if (peer == node) continue;
    const VerifiedTable::Peer& seen = repair.verified.peer(peer);
    state.peers.push_back({peer, seen.equal(partition), seen.differs(partition)});
  }
  return state;
}

}  // namespace stator
