#pragma once

#include <cstdint>

#include "stator/bytes.h"

namespace stator::memtable {

/// CRC32C (Castagnoli) of `bytes`, continuing from the checksum of what stood before them; 0 starts.
std::uint32_t crc32c(std::uint32_t before, BytesView bytes);

}  // namespace stator::memtable
