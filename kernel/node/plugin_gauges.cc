#include "kernel/node/plugin_gauges.h"

#include <utility>

namespace stator {

void make_fault_counter(Metrics& metrics, const std::string& kind, const std::string& instance,
                        std::function<std::uint64_t()> faults) {
  metrics.counter("stator_plugin_faults_total", "Calls in which the plugin threw, or answered what makes no sense.",
                  {{"kind", kind}, {"instance", instance}},
                  [faults = std::move(faults)] { return static_cast<double>(faults()); });
}

void make_resolver_counters(Metrics& metrics, const std::string& instance, const ResolverGuard& resolver) {
  make_fault_counter(metrics, "resolver", instance, [&resolver] { return resolver.faults(); });
  metrics.counter("stator_resolver_overruns_total", "Calls of the resolver that took longer than it may.",
                  {{"resolver", instance}}, [&resolver] { return static_cast<double>(resolver.overruns()); });
}

void make_datatype_counters(Metrics& metrics, const std::string& instance, const DataTypeGuard& datatype) {
  make_fault_counter(metrics, "datatype", instance, [&datatype] { return datatype.faults(); });
  metrics.counter("stator_datatype_overruns_total", "Calls of the data type that took longer than it may.",
                  {{"datatype", instance}}, [&datatype] { return static_cast<double>(datatype.overruns()); });
}

}  // namespace stator
