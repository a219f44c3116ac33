#include "kernel/node/mending_gauges.h"

namespace stator {

void make_mending_gauges(Metrics& metrics, const Node& node) {
  metrics.counter("stator_unreadable_keys_total", "Reads of keys whose copy here cannot be read any more.", {},
                  [&node] { return static_cast<double>(node.counters().unreadable.load()); });
  for (const auto& store : node.stores()) {
    metrics.counter("stator_unreadable_mended_total",
                    "Ranges of keys that could not be read and were given up, to be filled by peers.",
                    {{"storage", store->name()}},
                    [&node, &store = *store] { return static_cast<double>(node.mender().mended(store)); });
  }
}

}  // namespace stator
