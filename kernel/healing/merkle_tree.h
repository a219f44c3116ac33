#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "stator/bytes.h"

namespace stator {

/// The place of a key in its partition's tree, and what its copy weighs there.
std::uint64_t key_hash(BytesView key);
/// XXH3-64 over the key's hash and its record's digest, so it covers values. 0 for digest 0: a key without a record
/// weighs nothing.
std::uint64_t entry_hash(std::uint64_t key_hash, std::uint64_t digest);

/// The hash tree of one partition of a keyspace: 64 leaves under 8 branches under a root. A leaf is the XOR of its
/// entries' hashes, a branch that of its leaves, the root that of all: so an update is two XORs, the order of updates
/// does not matter, and a copy that is replaced is taken out by its own hash. 512 bytes.
///
/// Changed by one thread; others may read meanwhile and see each leaf before or after a change. (Merkle, 1987; DeCandia
/// et al.: "Dynamo", 2007, section 4.7.)
class MerkleTree {
 public:
  static constexpr unsigned kFan = 8;
  static constexpr unsigned kBranches = kFan;
  static constexpr unsigned kLeaves = kFan * kFan;

  static constexpr unsigned leaf_of(std::uint64_t key_hash) { return static_cast<unsigned>(key_hash >> 58); }

  /// Adds the entry, or takes it out if it is there; 0 is nothing.
  void toggle(std::uint64_t key_hash, std::uint64_t entry) {
    std::atomic<std::uint64_t>& leaf = leaves_[leaf_of(key_hash)];
    leaf.store(leaf.load(std::memory_order_relaxed) ^ entry, std::memory_order_relaxed);
  }
  /// A key's copy had one digest and has another now; 0 stands for no record.
  void change(std::uint64_t key_hash, std::uint64_t before, std::uint64_t after) {
    toggle(key_hash, entry_hash(key_hash, before) ^ entry_hash(key_hash, after));
  }
  void clear() {
    for (auto& leaf : leaves_) leaf.store(0, std::memory_order_relaxed);
  }

  std::uint64_t leaf(unsigned leaf) const { return leaves_[leaf].load(std::memory_order_relaxed); }
  std::uint64_t branch(unsigned branch) const { return fold(branch * kFan, kFan); }
  std::uint64_t root() const { return fold(0, kLeaves); }

 private:
  std::uint64_t fold(unsigned first, unsigned count) const {
    std::uint64_t all = 0;
    for (unsigned i = first; i < first + count; ++i) all ^= leaf(i);
    return all;
  }

  std::array<std::atomic<std::uint64_t>, kLeaves> leaves_{};
};

}  // namespace stator
