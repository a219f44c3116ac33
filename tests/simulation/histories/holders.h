#pragma once

#include <cstddef>
#include <string>

#include "tests/simulation/cluster.h"

namespace stator::simulation {

/// On how many nodes' disks everything that `clock` covers of the key is known, in a copy of their own or in one that
/// stands in for a primary's. A node that is down counts, since it may be one. Counts no further than `enough`.
std::size_t count_holders(Cluster& cluster, const std::string& keyspace, const Bytes& key, const Context& clock,
                          std::size_t enough);

}  // namespace stator::simulation
