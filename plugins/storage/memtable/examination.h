#pragma once

#include "directory.h"
#include "stator/salvage.h"

namespace stator::memtable {

/// As Salvage::examine. The directory is locked. [blocking]
Result<StorageFindings> examine(const Directory& directory, const Visitor& visit);

}  // namespace stator::memtable
