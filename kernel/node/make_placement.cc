#include "kernel/node/make_placement.h"

namespace stator {

std::shared_ptr<const Placement> make_placement(const Ring& ring, std::size_t n) {
  auto placement = std::make_shared<Placement>();
  placement->partition_bits = ring.options().partition_bits;
  placement->primaries.resize(ring.partitions());
  placement->standbys.resize(ring.partitions());
  for (std::size_t partition = 0; partition < ring.partitions(); ++partition) {
    for (const Preference& entry : ring.preference_list(static_cast<Partition>(partition), n)) {
      auto& nodes = entry.primary ? placement->primaries[partition] : placement->standbys[partition];
      nodes.push_back(ring.nodes()[entry.node].id);
    }
  }
  return placement;
}

}  // namespace stator
