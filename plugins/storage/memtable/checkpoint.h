#pragma once

#include <functional>

#include "directory.h"
#include "index.h"
#include "log.h"

namespace stator::memtable {

/// What a checkpoint copies from.
struct CheckpointSource {
  const Directory& directory;
  const Index& index;
  std::function<LogPosition()> position;  ///< of the log now; asked before and after the entries are copied
};

/// Makes `target` (absent or empty) a memtable directory with everything that was written before the call and, whole
/// batches only, perhaps more: a snapshot without stopping writers, and the log that was written meanwhile. The caller
/// sees to it that no segment becomes obsolete meanwhile. [blocking]
Status make_checkpoint(const CheckpointSource& source, const Path& target);

}  // namespace stator::memtable
