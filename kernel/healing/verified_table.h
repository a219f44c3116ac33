#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/ring/token.h"
#include "stator/host.h"

namespace stator {

/// When each partition of a keyspace was last found equal on this node and each peer, and since when it is known to
/// differ. 16 bytes for each partition of the grid and peer.
class VerifiedTable {
 public:
  /// One peer's column. [any-thread]
  class Peer {
   public:
    explicit Peer(std::size_t partitions) : rows_(partitions) {}

    /// The two copies of the partition were equal at that time, but for writes on their way.
    void note_equal(Partition partition, TimePoint at) {
      rows_[partition].equal.store(at.time_since_epoch().count(), std::memory_order_relaxed);
      rows_[partition].differs.store(0, std::memory_order_relaxed);
    }
    /// They were not; the first such time since they last were is kept.
    void note_difference(Partition partition, TimePoint at) {
      std::atomic<std::int64_t>& differs = rows_[partition].differs;
      if (differs.load(std::memory_order_relaxed) == 0)
        differs.store(at.time_since_epoch().count(), std::memory_order_relaxed);
    }
    /// The clock's zero if never.
    TimePoint equal(Partition partition) const { return time(rows_[partition].equal); }
    /// The clock's zero if they are not known to differ.
    TimePoint differs(Partition partition) const { return time(rows_[partition].differs); }

   private:
    struct Row {
      std::atomic<std::int64_t> equal{0};
      std::atomic<std::int64_t> differs{0};
    };
    static TimePoint time(const std::atomic<std::int64_t>& ticks) {
      return TimePoint(TimePoint::duration(ticks.load(std::memory_order_relaxed)));
    }
    std::vector<Row> rows_;
  };

  explicit VerifiedTable(std::size_t partitions) : partitions_(partitions) {}

  /// Made on first use; lives as long as the table. [any-thread]
  Peer& peer(std::string_view node) {
    std::lock_guard lock(mutex_);
    auto found = peers_.find(node);
    if (found == peers_.end()) found = peers_.emplace(std::string(node), std::make_unique<Peer>(partitions_)).first;
    return *found->second;
  }

 private:
  const std::size_t partitions_;
  std::mutex mutex_;  // of the map alone
  std::map<std::string, std::unique_ptr<Peer>, std::less<>> peers_;
};

}  // namespace stator
