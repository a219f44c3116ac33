#pragma once

#include "kernel/node/node.h"
#include "tests/simulation/histories/chronicle.h"

namespace stator::simulation {

/// Adds what a process has counted since it started to what the history met: before the process ends, once.
void harvest_counters(const Node& node, Chronicle& chronicle);

}  // namespace stator::simulation
