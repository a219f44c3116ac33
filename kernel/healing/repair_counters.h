#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "stator/host.h"

namespace stator {

/// What a node has spent on bringing replicas together, over all its loops, since it started. [any-thread]
struct RepairCounters {
  std::atomic<std::uint64_t> anti_entropy_bytes{0};  ///< sent and received by comparisons that this node began
  std::atomic<std::uint64_t> read_repair_bytes{0};   ///< of records sent after reads
  std::atomic<std::uint64_t> read_repairs_left{0};   ///< to anti-entropy: too many were under way
  std::atomic<std::uint64_t> pulled{0};              ///< records fetched from a peer and merged
  std::atomic<std::uint64_t> pushed{0};              ///< records sent to a peer
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> errors{0};
};

/// What the last comparison was, for people.
class LastComparison {
 public:
  struct Seen {
    std::string peer, error;
    std::uint64_t ended_unix_millis = 0;
    Duration took{0};
    std::uint64_t compared = 0;  ///< partitions
    std::uint64_t pulled = 0;
  };
  void set(Seen seen) {
    std::lock_guard lock(mutex_);
    seen_ = std::move(seen);
  }
  Seen get() const {
    std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  Seen seen_;
};

}  // namespace stator
