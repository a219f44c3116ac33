#pragma once

#include <cstdint>
#include <functional>

#include "kernel/healing/cpu_share.h"
#include "kernel/healing/merkle_tree.h"
#include "kernel/healing/partition_scan.h"
#include "stator/status.h"
#include "stator/task.h"

namespace stator {

/// Some leaves of one partition's tree: bit i for leaf i.
using LeafSet = std::uint64_t;

/// One copy met on the way. Views live for the call.
struct LeafCopy {
  std::uint64_t key_hash = 0;
  std::uint64_t digest = 0;
  BytesView key;
  BytesView copy;  ///< as it is stored, perhaps a head
  std::uint64_t entry() const { return entry_hash(key_hash, digest); }
};

/// Visits the copies of those leaves, in slices with a turn of the loop in between, and a rest. `done` is called on it,
/// never inside the call. What is written meanwhile may or may not be seen. Store and loop outlive the scan.
void scan_leaves(const PacedLoop& loop, const CopyRange& range, LeafSet leaves,
                 std::function<void(const LeafCopy&)> visit, UniqueFunction<void(const Status&)> done);

/// The newest stamp in a stored copy, of either form; zero if it cannot be read.
Stamp newest_stamp(BytesView stored);
/// What a stored copy, of either form, has seen. data_loss if it is none.
Result<Context> stored_context(BytesView stored);

}  // namespace stator
