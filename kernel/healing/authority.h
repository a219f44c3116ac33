#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
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

/// A partition was found equal with a peer's.
struct Equality {
  std::string peer;
  bool vouches = true;                 ///< the peer's copies count; else it may lack just what is lost here
  TimePoint asked = TimePoint::max();  ///< when the comparison began
};

/// For which partitions of a keyspace this node's copies count. All of them, until the node learns that its store has
/// lost what was written to it (see docs/decisions, 2026-11-25), everywhere or in some partitions: then these do not
/// count until each was found equal with so many of the other replicas that among them is one that holds each
/// acknowledged write. Until then the node takes writes and is repaired, but neither answers reads nor signs for them.
/// Who is in doubt vouches for nobody; but what all the others together do not know is nowhere.
class Authority {
 public:
  /// What the node knows of its store as a whole. Another matter than doubt, which it leaves as it is.
  enum class Standing : std::uint8_t {
    sure,       ///< nothing is missing but what is in doubt
    unsure,     ///< that has yet to be said by as many peers as are needed
    held_back,  ///< the same, and there is reason to wait for them before anything counts
  };
  /// With how many distinct peers a partition must be found equal.
  struct Wanted {
    std::size_t vouching = 1;  ///< of those whose copies count
    std::size_t others = 1;    ///< or else of all: the other replicas there are
  };

  explicit Authority(std::size_t partitions);

  /// [any-thread]
  bool speaks_for(Partition partition) const {
    if (standing_.load(std::memory_order_acquire) == Standing::held_back) return false;
    return regained_[partition].load(std::memory_order_acquire);
  }
  /// Whether being equal with this node's copies proves anything to another that is in doubt. [any-thread]
  bool vouches_for(Partition partition) const {
    return standing_.load(std::memory_order_acquire) == Standing::sure && speaks_for(partition);
  }
  /// Whether they count for a read, which is refused if not. [any-thread]
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

  /// From now on only what is verified counts: what was compared before says nothing any more, also of what was in
  /// doubt. `held` are the partitions of which this node holds a replica. [any-thread]
  void doubt(const std::vector<Partition>& held, TimePoint now);
  /// The same for some partitions, that have lost something just now. [any-thread]
  void lose(const std::vector<Partition>& partitions, TimePoint now);
  /// [any-thread]
  void stand(Standing standing) { standing_.store(standing, std::memory_order_release); }
  /// The partition counts again if that suffices. True when nothing is left in doubt, once. [one loop for each
  /// partition]
  bool verify(Partition partition, const Equality& found, Wanted wanted);

 private:
  struct Equals {
    std::int64_t loss = 0;              // the last before these
    std::map<std::string, bool> peers;  // whether they vouched, once
    bool suffice(Wanted wanted) const;
  };
  void add(const std::vector<Partition>& partitions, TimePoint now);

  std::mutex mutex_;  // of what changes `regained_` and `missing_` together
  std::vector<std::atomic<bool>> regained_;
  std::vector<std::atomic<std::int64_t>> lost_at_;  // by partition: ticks of the clock
  std::vector<Equals> equals_;                      // by partition: with whom; each on one loop
  std::atomic<bool> wholly_{false};
  std::atomic<Standing> standing_{Standing::sure};
  std::atomic<std::size_t> missing_{0};
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace stator
