#pragma once

#include "kernel/metrics/metrics.h"
#include "kernel/node/node.h"

namespace stator {

/// The series about the hints that this node keeps for each other member. Both outlive the metrics' last text. Before
/// the loops run. [startup]
void make_hint_gauges(Metrics& metrics, const Node& node);

}  // namespace stator
