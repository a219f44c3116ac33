#pragma once

#include <span>
#include <vector>

#include "kernel/seams/committer.h"
#include "stator/status.h"
#include "stator/storage.h"

namespace stator {

/// Writes commits as one batch, in this order, but for those whose chain is broken; breaks the chains of all if that
/// fails. The outcome of each. [the committer's thread, blocking]
std::vector<Status> write_batch(Storage& storage, std::span<const Commit* const> commits);

}  // namespace stator
