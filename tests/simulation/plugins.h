#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/coordinator/keyspace.h"
#include "stator/membership.h"
#include "tests/simulation/disk.h"

namespace stator::simulation {

/// The memtable plugin over a modelled file system: a power cut tears what was not synced, and the plugin recovers from
/// the files that are left. Small segments and early snapshots, so that a short history meets them.
std::unique_ptr<Disk> make_memtable_disk();

/// Who the members are as the membership plugin static tells the node `self`.
std::vector<Member> static_members(const std::string& self, const std::vector<Member>& configured);

/// The resolver plugin lww.
Keyspace::Resolve lww();

}  // namespace stator::simulation
