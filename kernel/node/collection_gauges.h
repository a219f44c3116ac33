#pragma once

#include "kernel/metrics/metrics.h"
#include "kernel/node/node.h"

namespace stator {

/// The series about tombstones and their collection. Both outlive the metrics' last text. Before the loops run.
/// [startup]
void make_collection_gauges(Metrics& metrics, const Node& node);

}  // namespace stator
