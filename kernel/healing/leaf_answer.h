#pragma once

#include <string>

#include "kernel/healing/cpu_share.h"
#include "kernel/healing/repair_keyspace.h"
#include "kernel/healing/tree_messages.h"
#include "stator/task.h"

namespace stator {

/// Answers a peer that wants to know what is in some leaves, or the records of some of their entries: as much as fits
/// in about half a megabyte, and at least one leaf or record. The work is done in slices on the calling loop; `done`
/// comes on it, never inside the call. A partition that this node is repairing with a third is told of as busy.
/// Loop and keyspace outlive it. [any loop]
void answer_leaves(const PacedLoop& loop, RepairKeyspace& repair, const std::string& peer, LeafRequest request,
                   UniqueFunction<void(Result<LeafReply>)> done);

}  // namespace stator
