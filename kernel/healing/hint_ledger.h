#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace stator {

/// What one loop has to say of its hints for one target.
struct HintTally {
  std::atomic<std::uint64_t> pending{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> oldest_ms{0};   ///< by the wall clock; 0: none is pending
  std::atomic<std::uint64_t> delivered{0};   ///< to the target
  std::atomic<std::uint64_t> rehomed{0};     ///< after the window, to another primary
  std::atomic<std::uint64_t> dropped{0};     ///< after the window, or given up
  std::atomic<std::uint64_t> given_up{0};    ///< of those: of an old disk
  std::atomic<std::uint64_t> overflowed{0};  ///< not taken, because there were too many bytes already
  std::atomic<std::uint64_t> sent_bytes{0};
};

/// The same of all loops of a node together.
struct HintTotals {
  std::uint64_t pending = 0;
  std::uint64_t bytes = 0;
  std::uint64_t oldest_ms = 0;
  std::uint64_t delivered = 0;
  std::uint64_t rehomed = 0;
  std::uint64_t dropped = 0;
  std::uint64_t given_up = 0;
  std::uint64_t overflowed = 0;
  std::uint64_t sent_bytes = 0;
};

/// Adds up what the loops of a node tell of their hints, for pages and metrics. [any-thread]
class HintLedger {
 public:
  /// A tally for one loop to fill in. shared: the ledger reads it for as long as it lives.
  std::shared_ptr<HintTally> open(const std::string& target) {
    std::lock_guard lock(mutex_);
    return tallies_[target].emplace_back(std::make_shared<HintTally>());
  }

  /// By target; targets that never had a hint are not in it.
  std::map<std::string, HintTotals> totals() const {
    std::lock_guard lock(mutex_);
    std::map<std::string, HintTotals> all;
    for (const auto& [target, tallies] : tallies_) all[target] = sum(tallies);
    return all;
  }
  HintTotals of(const std::string& target) const {
    std::lock_guard lock(mutex_);
    auto found = tallies_.find(target);
    return found == tallies_.end() ? HintTotals() : sum(found->second);
  }

 private:
  using Tallies = std::vector<std::shared_ptr<HintTally>>;

  static HintTotals sum(const Tallies& tallies) {
    HintTotals totals;
    for (const auto& tally : tallies) {
      totals.pending += tally->pending;
      totals.bytes += tally->bytes;
      totals.delivered += tally->delivered;
      totals.rehomed += tally->rehomed;
      totals.dropped += tally->dropped;
      totals.given_up += tally->given_up;
      totals.overflowed += tally->overflowed;
      totals.sent_bytes += tally->sent_bytes;
      const std::uint64_t oldest = tally->oldest_ms;
      if (oldest != 0) totals.oldest_ms = totals.oldest_ms == 0 ? oldest : std::min(totals.oldest_ms, oldest);
    }
    return totals;
  }

  mutable std::mutex mutex_;
  std::map<std::string, Tallies> tallies_;
};

}  // namespace stator
