#pragma once

#include "kernel/metrics/metrics.h"
#include "kernel/node/node.h"

namespace stator {

/// The series about what this node's coordinators send to replicas. Both outlive the metrics' last text. Before the
/// loops run. [startup]
void make_coordinator_gauges(Metrics& metrics, const Node& node);

}  // namespace stator
