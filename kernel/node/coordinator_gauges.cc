#include "kernel/node/coordinator_gauges.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace stator {

void make_coordinator_gauges(Metrics& metrics, const Node& node) {
  using Labels = std::map<std::string, std::string>;
  using Number = std::uint64_t (*)(const Coordinator&);
  const auto count = [&](const char* name, const char* help, Labels labels, Number number) {
    metrics.counter(name, help, std::move(labels), [&node, number] {
      std::uint64_t sum = 0;
      for (const auto& shard : node.shards()) sum += number(shard->coordinator);
      return static_cast<double>(sum);
    });
  };
  count("stator_repair_bytes_total", "Bytes moved to make replicas equal.", {{"kind", "read_repair"}},
        [](const Coordinator& coordinator) { return coordinator.read_repairs().bytes.load(); });
  count("stator_read_repairs_left_total",
        "Stale replicas that a read left to anti-entropy, because too many repairs were under way.", {},
        [](const Coordinator& coordinator) { return coordinator.read_repairs().left.load(); });
  count("stator_deltas_sent_total", "Operations of data types sent to a replica as what they changed alone.", {},
        [](const Coordinator& coordinator) { return coordinator.deltas().sent.load(); });
  count("stator_deltas_lacking_base_total", "Of these, sent again whole, since the replica lacked what they build on.",
        {}, [](const Coordinator& coordinator) { return coordinator.deltas().lacking_base.load(); });
}

}  // namespace stator
