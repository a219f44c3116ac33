#pragma once

#include <cstdint>
#include <optional>

#include "stator/bytes.h"

namespace stator::rocks {

/// A block of data without entries, in the format of RocksDB's tables and with what stands behind each block: as long
/// as the one of `size` octets whose place it takes. In a table without compression no block may be compressed. Nothing
/// if there is none of that length: below 26 octets, and in a table without compression for three of four sizes above
/// 64 KiB.
std::optional<Bytes> empty_block(std::uint64_t size, bool compression);

/// What stands behind a block of RocksDB's tables with these contents: how they are compressed, and their checksum.
Bytes block_trailer(BytesView contents, char compression);

}  // namespace stator::rocks
