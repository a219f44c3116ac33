#include "kernel/node/coordinator_gauges.h"

#include <map>
#include <string>
#include <utility>

namespace stator {

void make_coordinator_gauges(Metrics& metrics, const Node& node) {
  const auto count = [&](const char* name, const char* help, std::map<std::string, std::string> labels, auto number) {
    metrics.counter(name, help, std::move(labels), [&node, number] {
      double sum = 0;
      for (const auto& shard : node.shards()) sum += static_cast<double>(number(shard->coordinator).load());
      return sum;
    });
  };
  using C = const Coordinator;
  count(
      "stator_repair_bytes_total", "Bytes moved to make replicas equal.", {{"kind", "read_repair"}},
      [](C & coordinator) -> auto& { return coordinator.read_repairs().bytes; });
  count(
      "stator_read_repairs_left_total",
      "Stale replicas that a read left to anti-entropy, because too many repairs were under way.", {},
      [](C & coordinator) -> auto& { return coordinator.read_repairs().left; });
  count(
      "stator_deltas_sent_total", "Operations of data types sent to a replica as what they changed alone.", {},
      [](C & coordinator) -> auto& { return coordinator.deltas().sent; });
  count(
      "stator_deltas_lacking_base_total", "Of these, sent again whole, since the replica lacked what they build on.",
      {}, [](C & coordinator) -> auto& { return coordinator.deltas().lacking_base; });
}

}  // namespace stator
