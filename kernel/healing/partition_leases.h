#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "kernel/ring/token.h"
#include "stator/host.h"

namespace stator {

/// With which peer each partition is being repaired just now, so that two peers do not ship a third the same records. A
/// lease ends by itself; nothing breaks if two are held, records only travel twice.
///
/// Law: peers take turns. Whoever was refused, and asks at least every fifteen seconds, is next after those who were
/// refused before it: while any waits, nobody has a lease for longer than a second, and none has it twice. [any-thread]
class PartitionLeases {
 public:
  /// False while another peer has it, or has waited for it longer.
  bool take(Partition partition, std::string_view peer, TimePoint now) {
    std::lock_guard lock(mutex_);
    Lease& lease = leases_[partition];
    std::erase_if(lease.waiting, [now](const Waiting& waits) { return waits.asked + kWaits < now; });
    if (lease.holder == peer && now < lease.until) {
      if (lease.waiting.empty()) lease.until = now + kLease;
      return true;
    }
    const bool next = lease.waiting.empty() || lease.waiting.front().peer == peer;
    if (now < lease.until || !next) return wait(lease, peer, now);
    if (!lease.waiting.empty()) lease.waiting.pop_front();
    lease.holder = peer;
    lease.until = now + kLease;
    return true;
  }
  /// It does not wait for it either.
  void release(Partition partition, std::string_view peer) {
    std::lock_guard lock(mutex_);
    auto lease = leases_.find(partition);
    if (lease == leases_.end()) return;
    std::erase_if(lease->second.waiting, [peer](const Waiting& waits) { return waits.peer == peer; });
    if (lease->second.holder == peer) lease->second.until = TimePoint();
    if (lease->second.until == TimePoint() && lease->second.waiting.empty()) leases_.erase(lease);
  }

 private:
  static constexpr std::chrono::seconds kLease{1};
  static constexpr std::chrono::seconds kWaits{15};

  struct Waiting {
    std::string peer;
    TimePoint asked;
  };
  struct Lease {
    std::string holder;
    TimePoint until{};
    std::deque<Waiting> waiting;  // in the order in which they were refused
  };

  static bool wait(Lease& lease, std::string_view peer, TimePoint now) {
    const auto waits = std::find_if(lease.waiting.begin(), lease.waiting.end(),
                                    [peer](const Waiting& waiting) { return waiting.peer == peer; });
    if (waits != lease.waiting.end()) {
      waits->asked = now;
    } else {
      lease.waiting.push_back({std::string(peer), now});
    }
    return false;
  }

  std::mutex mutex_;
  std::map<Partition, Lease> leases_;  // of those that were lately repaired
};

}  // namespace stator
