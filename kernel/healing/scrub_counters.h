#pragma once

#include <atomic>
#include <cstdint>

namespace stator {

/// What a node's scrub has done, over all its loops and storages, since it started. [any-thread]
struct ScrubCounters {
  std::atomic<std::uint64_t> file_bytes{0};   ///< read from storages' files
  std::atomic<std::uint64_t> passes{0};       ///< over all files of a storage
  std::atomic<std::uint64_t> damage{0};       ///< places in files where something else stood than was written
  std::atomic<std::uint64_t> copy_bytes{0};   ///< of copies that were read to hold them against their trees
  std::atomic<std::uint64_t> partitions{0};   ///< whose trees were held against what is stored
  std::atomic<std::uint64_t> differences{0};  ///< that were not what their trees say
};

}  // namespace stator
