#include "kernel/healing/merkle_tree.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace stator {

std::uint64_t key_hash(BytesView key) { return XXH3_64bits(key.data(), key.size()); }

std::uint64_t entry_hash(std::uint64_t key_hash, std::uint64_t digest) {
  if (digest == 0) return 0;
  const std::uint64_t both[] = {key_hash, digest};
  return XXH3_64bits(both, sizeof both);
}

}  // namespace stator
