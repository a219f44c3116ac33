#pragma once

#include <rocksdb/options.h>

#include "stator/salvage.h"

namespace stator::rocks {

/// As Salvage::examine. `options` are those that the database is opened with; it is opened for reading alone here.
/// [blocking]
Result<StorageFindings> examine(::rocksdb::Options options, const Path& directory, const Visitor& visit);

}  // namespace stator::rocks
