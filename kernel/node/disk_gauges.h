#pragma once

#include "kernel/metrics/metrics.h"
#include "kernel/node/node.h"

namespace stator {

/// The series about the room that this node's storages have on their disks. Both outlive the metrics' last text. Before
/// the loops run. [startup]
void make_disk_gauges(Metrics& metrics, const Node& node);

}  // namespace stator
