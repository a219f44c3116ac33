#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel/ring/token.h"

namespace stator {

/// Of the n - 1 other replicas, any so many have one among them that holds each write which w acknowledged.
inline std::size_t others_with_every_write(std::size_t n, std::size_t w) {
  return std::min(n - 1, n - std::min(w, n) + 1);
}

/// For which partitions of a keyspace this node's copies count. All of them, until the node learns that its store has
/// lost what was written to it (see docs/decisions, 2026-11-25): then none counts until it was found equal with so many
/// of the other replicas that among them is one that holds each acknowledged write. Until then the node takes writes
/// and is repaired, but neither answers reads nor signs for the partition.
class Authority {
 public:
  explicit Authority(std::size_t partitions) : regained_(partitions), equals_(partitions) {}

  /// [any-thread]
  bool speaks_for(Partition partition) const {
    if (held_back_.load(std::memory_order_acquire)) return false;
    return !in_doubt_.load(std::memory_order_acquire) || regained_[partition].load(std::memory_order_relaxed);
  }
  /// The same for a read, which is refused if it does not. [any-thread]
  bool answers(Partition partition) {
    if (speaks_for(partition)) return true;
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  /// Reads that were. [any-thread]
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  bool in_doubt() const { return in_doubt_.load(); }
  /// Partitions that are still in doubt, of those that doubt() named. [any-thread]
  std::size_t missing() const { return missing_.load(); }

  /// From now on only what is verified counts. `held` are the partitions of which this node holds a replica. Nothing,
  /// if it is in doubt already. [any-thread; not twice at a time]
  void doubt(const std::vector<Partition>& held);
  /// Nothing counts while a peer has still to say whether anything is missing. Another matter than doubt, which it
  /// leaves as it is. [any-thread]
  void hold_back(bool held_back) { held_back_.store(held_back, std::memory_order_release); }
  /// The partition was found equal with that peer's; `enough` distinct ones settle it. True when nothing is left in
  /// doubt, once. [one loop for each partition]
  bool verify(Partition partition, const std::string& peer, std::size_t enough);

 private:
  std::vector<std::atomic<bool>> regained_;
  std::vector<std::vector<std::string>> equals_;  // by partition: with whom; each on one loop
  std::atomic<bool> in_doubt_{false};
  std::atomic<bool> held_back_{false};
  std::atomic<std::size_t> missing_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace stator
