#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "stator/host.h"

namespace stator {

/// What a node has spent on bringing replicas together, over all its loops, since it started. [any-thread]
struct RepairCounters {
  std::atomic<std::uint64_t> anti_entropy_bytes{0};  ///< sent and received by comparisons that this node began
  std::atomic<std::uint64_t> pulled{0};              ///< records fetched from a peer and merged
  std::atomic<std::uint64_t> pushed{0};              ///< records sent to a peer
  std::atomic<std::uint64_t> rounds{0};              ///< with one peer each
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> vouched_for{0};   ///< copies of an old disk that others know
  std::atomic<std::uint64_t> given_up{0};      ///< and those that nobody else does
  std::atomic<std::uint64_t> sifted{0};        ///< times a loop was through with all that was suspect
  std::atomic<std::uint64_t> sifted_again{0};  ///< times it began anew, for what a silent peer had left open
};

/// What the last round with a peer was, for people. [any-thread]
class LastComparison {
 public:
  struct Seen {
    std::string peer, error;
    std::uint64_t ended_unix_millis = 0;
    Duration took{0};
    std::uint64_t compared = 0;  ///< partitions
    std::uint64_t pulled = 0;
  };
  /// Called with how long each round took, on its loop. [startup]
  void set_observer(std::function<void(Duration took)> observe) { observe_ = std::move(observe); }

  void set(Seen seen) {
    if (observe_) observe_(seen.took);
    std::lock_guard lock(mutex_);
    seen_ = std::move(seen);
  }
  Seen get() const {
    std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::function<void(Duration)> observe_;
  mutable std::mutex mutex_;
  Seen seen_;
};

}  // namespace stator
