#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "absl/container/btree_set.h"
#include "entry.h"
#include "stator/bytes.h"
#include "stator/storage.h"

namespace stator::memtable {

/// The map in memory. Keys are grouped by their first three bytes, the kernel's space and partition, which are held
/// once a group; groups are spread over shards, each with its lock. A scan copies a chunk at a time and visits it
/// unlocked, so nobody waits for a visitor. apply() is [serial]; everything else is [concurrent].
class Index {
 public:
  void apply(const Mutation& mutation);
  std::optional<Bytes> get(BytesView key) const;
  /// As Storage::scan.
  void scan(BytesView first, BytesView last, const Visitor& visit) const;
  std::uint64_t keys() const { return keys_.load(std::memory_order_relaxed); }
  /// Of keys and values.
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  using Group = absl::btree_set<Entry, EntryOrder>;
  using Prefix = std::uint32_t;  ///< three bytes and how many of them there are: ordered as the keys that begin so

  struct Position {
    Prefix prefix = 0;
    BytesView suffix;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<Prefix, Group> groups;
  };
  struct Chunk;

  static Position position(BytesView key);
  static Bytes prefix_bytes(Prefix prefix);
  Shard& shard(Prefix prefix) { return shards_[shard_number(prefix)]; }
  const Shard& shard(Prefix prefix) const { return shards_[shard_number(prefix)]; }
  static std::size_t shard_number(Prefix prefix) { return (prefix * 0x9E3779B97F4A7C15ULL) >> 58; }

  void put(Shard& shard, const Position& at, BytesView value);
  void remove(Shard& shard, const Position& at);
  std::optional<Prefix> prefix_from(std::uint64_t prefix) const;
  void fill(Chunk& chunk, const Position& from, const Position* end) const;
  bool scan_group(const Position& from, const Position* end, const Visitor& visit) const;

  std::array<Shard, 64> shards_;
  mutable std::mutex prefixes_mutex_;  ///< taken inside a shard's, never around one
  std::set<Prefix> prefixes_;          ///< of every group that holds something
  std::atomic<std::uint64_t> keys_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace stator::memtable
