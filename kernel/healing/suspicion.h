#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel/ring/token.h"
#include "stator/version.h"

namespace stator {

/// Which copies of a keyspace may be of keys that were collected while this node did not know: after an old copy of its
/// disk was put back, those with nothing newer than a grace ago. Until Sifter has settled their partition they are
/// shown to no peer and merged with nothing, or what was deleted everywhere would come back from here. [any-thread]
class Suspicion {
 public:
  explicit Suspicion(std::size_t partitions) : open_(partitions) {}

  /// Copies in these partitions with no stamp above `until` are suspect from now on; not twice at a time.
  void raise(const std::vector<Partition>& held, Stamp until) {
    until_.store(until.bits);
    for (Partition partition : held) open_[partition].store(true, std::memory_order_release);
  }
  /// What was suspect there has been vouched for, or given up.
  void settle(Partition partition) { open_[partition].store(false, std::memory_order_release); }

  bool is_open(Partition partition) const { return open_[partition].load(std::memory_order_acquire); }
  bool suspects(Partition partition, Stamp newest) const { return is_open(partition) && newest.bits <= until_.load(); }

 private:
  std::vector<std::atomic<bool>> open_;
  std::atomic<std::uint64_t> until_{0};
};

}  // namespace stator
