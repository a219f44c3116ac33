#include "kernel/node/scrub_gauges.h"

namespace stator {

void make_scrub_gauges(Metrics& metrics, const Node& node) {
  const ScrubCounters& counters = node.scrub().counters();
  const auto count = [&metrics](const char* name, const char* help, const auto& labels, const auto& counter) {
    metrics.counter(name, help, labels, [&counter] { return static_cast<double>(counter.load()); });
  };
  using Labels = std::map<std::string, std::string>;
  const char* const bytes = "Bytes of what is stored that the scrub has read again.";
  count("stator_scrub_bytes_total", bytes, Labels{{"of", "files"}}, counters.file_bytes);
  count("stator_scrub_bytes_total", bytes, Labels{{"of", "copies"}}, counters.copy_bytes);
  count("stator_scrub_passes_total", "Times the scrub has read all files of a storage.", Labels{}, counters.passes);
  count("stator_scrub_damage_total", "Places in files where the scrub found something else than was written.", Labels{},
        counters.damage);
  count("stator_scrub_partitions_total", "Partitions whose copies the scrub held against their tree.", Labels{},
        counters.partitions);
  count("stator_scrub_differences_total", "Partitions whose copies were not what their tree says.", Labels{},
        counters.differences);
  metrics.gauge("stator_scrub_oldest_partition_seconds",
                "Since the partition was held against its tree that has waited longest.", {},
                [&node] { return std::chrono::duration<double>(node.scrub().longest_wait()).count(); });
}

}  // namespace stator
