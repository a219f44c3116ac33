#pragma once

#include <functional>
#include <string>

#include "kernel/metrics/metrics.h"
#include "kernel/plugins/datatype_guard.h"
#include "kernel/plugins/resolver_guard.h"

namespace stator {

/// What one plugin instance did wrong: counts for /metrics. What is read outlives the metrics. [startup]
void make_fault_counter(Metrics& metrics, const std::string& kind, const std::string& instance,
                        std::function<std::uint64_t()> faults);
/// The same of a resolver, and of the calls that took it too long.
void make_resolver_counters(Metrics& metrics, const std::string& instance, const ResolverGuard& resolver);
void make_datatype_counters(Metrics& metrics, const std::string& instance, const DataTypeGuard& datatype);

}  // namespace stator
