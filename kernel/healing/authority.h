#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "kernel/ring/token.h"
#include "stator/host.h"

namespace stator {

/// Of the n - 1 other replicas, any so many have one among them that holds each write which w acknowledged.
inline std::size_t others_with_every_write(std::size_t n, std::size_t w) {
  return std::min(n - 1, n - std::min(w, n) + 1);
}

/// For which partitions of a keyspace this node's copies count. All of them, until the node learns that its store has
/// lost what was written to it (see docs/decisions, 2026-11-25), everywhere or in some partitions: then these do not
/// count until each was found equal with so many of the other replicas that among them is one that holds each
/// acknowledged write. Until then the node takes writes and is repaired, but neither answers reads nor signs for them.
class Authority {
 public:
  explicit Authority(std::size_t partitions);

  /// [any-thread]
  bool speaks_for(Partition partition) const {
    if (held_back_.load(std::memory_order_acquire)) return false;
    return regained_[partition].load(std::memory_order_acquire);
  }
  /// The same for a read, which is refused if it does not. [any-thread]
  bool answers(Partition partition) {
    if (speaks_for(partition)) return true;
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  /// Reads that were. [any-thread]
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  /// Whether any partition is. [any-thread]
  bool in_doubt() const { return missing() > 0; }
  /// Whether all were put in doubt at once, and some still are. [any-thread]
  bool in_doubt_wholly() const { return wholly_.load(); }
  /// Partitions that are in doubt. [any-thread]
  std::size_t missing() const { return missing_.load(); }

  /// From now on only what is verified counts. `held` are the partitions of which this node holds a replica. Nothing,
  /// if all were put in doubt already. [any-thread]
  void doubt(const std::vector<Partition>& held);
  /// The same for some partitions that have lost something just now: what was compared before says nothing of them any
  /// more, also of those that were in doubt. [any-thread]
  void lose(const std::vector<Partition>& partitions, TimePoint now);
  /// Nothing counts while a peer has still to say whether anything is missing. Another matter than doubt, which it
  /// leaves as it is. [any-thread]
  void hold_back(bool held_back) { held_back_.store(held_back, std::memory_order_release); }
  /// The partition was found equal with that peer's, by a comparison that began at `asked`; `enough` distinct ones
  /// settle it. True when nothing is left in doubt, once. [one loop for each partition]
  bool verify(Partition partition, const std::string& peer, std::size_t enough, TimePoint asked = TimePoint::max());

 private:
  struct Equals {
    std::int64_t loss = 0;  // the last before these
    std::vector<std::string> peers;
  };
  void add(const std::vector<Partition>& partitions);

  std::mutex mutex_;  // of what changes `regained_` and `missing_` together
  std::vector<std::atomic<bool>> regained_;
  std::vector<std::atomic<std::int64_t>> lost_at_;  // by partition: ticks of the clock
  std::vector<Equals> equals_;                      // by partition: with whom; each on one loop
  std::atomic<bool> wholly_{false};
  std::atomic<bool> held_back_{false};
  std::atomic<std::size_t> missing_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace stator
