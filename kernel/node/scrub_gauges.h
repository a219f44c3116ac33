#pragma once

#include "kernel/metrics/metrics.h"
#include "kernel/node/node.h"

namespace stator {

/// The series about what this node reads again of what it has stored. Both outlive the metrics' last text. Before the
/// loops run. [startup]
void make_scrub_gauges(Metrics& metrics, const Node& node);

}  // namespace stator
