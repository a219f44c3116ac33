#pragma once

#include <memory>

#include "kernel/coordinator/keyspace.h"
#include "tests/simulation/disk.h"

namespace stator::simulation {

/// The memtable plugin over a modelled file system: a power cut tears what was not synced, and the plugin recovers from
/// the files that are left. Small segments and early snapshots, so that a short history meets them.
std::unique_ptr<Disk> make_memtable_disk();

/// The resolver plugin lww.
Keyspace::Resolve lww();

}  // namespace stator::simulation
