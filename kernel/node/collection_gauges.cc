#include "kernel/node/collection_gauges.h"

namespace stator {

void make_collection_gauges(Metrics& metrics, const Node& node) {
  const CollectionCounters& counters = node.collection_counters();
  metrics.counter("stator_tombstones_collected_total", "Keys that rounds of this node's removed from every replica.",
                  {}, [&counters] { return static_cast<double>(counters.collected.load()); });
  metrics.counter("stator_tombstone_copies_removed_total", "Copies this node removed in anybody's rounds.", {},
                  [&counters] { return static_cast<double>(counters.removed.load()); });
  for (std::size_t block = 1; block < counters.left.size(); ++block) {
    metrics.counter("stator_tombstones_left_total", "Keys that rounds of this node's left where they are, and why.",
                    {{"reason", name_of(static_cast<CollectBlock>(block))}},
                    [&left = counters.left[block]] { return static_cast<double>(left.load()); });
  }
  metrics.gauge("stator_tombstones", "Removed and expired keys that this node's last search for tombstones met.", {},
                [&counters] { return static_cast<double>(counters.tombstones.load()); });
}

}  // namespace stator
