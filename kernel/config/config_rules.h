#pragma once

#include <cstddef>
#include <string>

#include "kernel/config/cluster_config.h"
#include "kernel/config/problem.h"
#include "kernel/config/setting.h"

namespace stator {

/// The rules that tie one table to another: names are of a good form and lead somewhere, addresses are ones and
/// nobody's twice, and nodes can reach each other. What is empty was told of before and is passed over. Pure.
void check_rules(const ClusterConfig& config, const Setting& document, Problems& problems);

/// How messages name the i-th `[[node]]`, from 0: "node[0]".
std::string node_path(std::size_t i);

}  // namespace stator
