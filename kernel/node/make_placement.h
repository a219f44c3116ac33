#pragma once

#include <cstddef>
#include <memory>

#include "kernel/coordinator/keyspace.h"
#include "kernel/ring/ring.h"

namespace stator {

/// Where the copies of a keyspace with `n` replicas belong, by that ring. Pure.
std::shared_ptr<const Placement> make_placement(const Ring& ring, std::size_t n);

}  // namespace stator
