#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulation/disk.h"

/// Disks that run full under a simulated cluster, as stories that tell what went wrong in them: a test wants nothing,
/// and under a seeded bug something. The reserve is 64 KiB, of which 16 KiB are the hard limit. [one thread]
namespace stator::simulation {

using Violation = std::optional<std::string>;
using MakeDisk = std::function<std::unique_ptr<Disk>()>;

/// One of three is below its reserve: it takes no value from anybody, and removals from everybody; clients notice
/// nothing, through whichever node they come. With room again it is given what it missed.
Violation a_full_replica_takes_removals_alone(const MakeDisk& make_disk);
/// Two of three are: no value is taken any more, with the reason; removals and reads go on.
Violation a_quorum_that_has_no_room_is_told_so(const MakeDisk& make_disk);
/// All are below the hard limit: they can be read and nothing else, and recover by themselves.
Violation at_the_hard_limit_nothing_is_taken(const MakeDisk& make_disk);
/// Of five nodes a key's three primaries are full: the two others stand in for them.
Violation fallbacks_stand_in_for_full_primaries(const MakeDisk& make_disk);

}  // namespace stator::simulation
