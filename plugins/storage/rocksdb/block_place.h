#pragma once

#include <rocksdb/status.h>

#include <cstdint>
#include <optional>

#include "stator/files.h"

namespace stator::rocks {

/// A block of a table.
struct BlockPlace {
  Path file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  ///< without what stands behind each block: its compression and its checksum
};

/// Which block RocksDB found damaged, where its text says so.
std::optional<BlockPlace> place_of(const ::rocksdb::Status& status);

}  // namespace stator::rocks
