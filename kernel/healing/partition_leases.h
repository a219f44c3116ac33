#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernel/ring/token.h"
#include "stator/host.h"

namespace stator {

/// With which peer each partition is being repaired just now, so that two peers do not ship a third the same records. A
/// lease ends by itself; nothing breaks if two are held, records only travel twice. 8 bytes a partition. [any-thread]
class PartitionLeases {
 public:
  explicit PartitionLeases(std::size_t partitions) : leases_(partitions) {}

  /// False while another peer has it.
  bool take(Partition partition, std::string_view peer, TimePoint now) {
    const std::uint64_t tag = tag_of(peer);
    std::uint64_t held = leases_[partition].load(std::memory_order_relaxed);
    if (held >> kTagShift != tag && ticks(now) < (held & kTicksMask)) return false;
    const std::uint64_t until = (ticks(now) + kTicks) & kTicksMask;
    return leases_[partition].compare_exchange_strong(held, tag << kTagShift | until, std::memory_order_relaxed);
  }
  void release(Partition partition, std::string_view peer) {
    std::uint64_t held = leases_[partition].load(std::memory_order_relaxed);
    if (held >> kTagShift == tag_of(peer))
      leases_[partition].compare_exchange_strong(held, 0, std::memory_order_relaxed);
  }

 private:
  static constexpr unsigned kTagShift = 40;
  static constexpr std::uint64_t kTicksMask = (std::uint64_t{1} << kTagShift) - 1;
  static constexpr std::uint64_t kTicks = 1000;  // a lease's milliseconds

  // 2^40 milliseconds are 34 years of this process's clock.
  static std::uint64_t ticks(TimePoint now) {
    return static_cast<std::uint64_t>(
               std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count()) &
           kTicksMask;
  }
  static std::uint64_t tag_of(std::string_view peer) { return key_token("lease", peer) >> kTagShift; }

  std::vector<std::atomic<std::uint64_t>> leases_;
};

}  // namespace stator
