#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/histories/fault_kind.h"
#include "tests/simulation/scheduler.h"

namespace stator::simulation {

/// What a history met, by name: each must be met in a run of many, or the run proves less than it says.
enum class Seen : std::uint8_t {
  acknowledged,  ///< writes
  failed_write,  ///< which may take effect or not
  answered_read,
  failed_read,
  checked_read,  ///< held against every write acknowledged before it
  siblings_read,
  tombstone_read,
  refused_create,
  refused_forgery,
  retried,    ///< after a failure, with the op id
  new_epoch,  ///< a node that had signed the key signs under a new one
  forwarded,
  forwarded_on,  ///< to another, because the first had no room
  read_repair,
  hedge,
  far_stamp_refused,
  unclean_start,
  clean_start,
  failed_stop,  ///< a clean stop that was none
  failed_commit,
  hint_kept,  ///< by a fallback
  hint_delivered,
  trees_compared,
  leaves_compared,
  refused_match,
  expired_read,            ///< a version that is shown as removed because its time is over
  collected,               ///< tombstones that a round took from every replica
  collection_cancelled,    ///< by a replica that held another record, was just writing one, or a hint
  collection_too_young,    ///< by a replica's clock
  too_old_refused,         ///< records that were read longer ago than messages live
  copy_vouched_for,        ///< of an old disk: others know it
  copy_given_up,           ///< of an old disk, because nobody else knew it
  hint_given_up,           ///< of an old disk, because of its age
  hint_rehomed,            ///< of a target that stayed away, to another primary
  hint_overflowed,         ///< not taken, above the cap of its target
  hint_dropped,            ///< of a target that stayed away, because of its age
  new_disk_noticed,        ///< by peers, who knew of more than it held
  old_disk_noticed,        ///< the same
  away_too_long,           ///< for longer than hints are kept
  doubt_resumed,           ///< a node that had not caught up was started anew
  authority_regained,      ///< a node's copies of a keyspace count again
  new_disk_filled,         ///< by the other replicas, with all it should hold
  read_refused_in_doubt,   ///< by a replica whose copies did not count
  arrival_behind_barrier,  ///< refused by a node that had lost its disk since it was read
  written_apart,           ///< signed by a node whose copies did not count
  tree_rebuilt,            ///< after a failed commit
  lease_busy,              ///< a partition was being repaired with another peer
  repair_pulled,           ///< by anti-entropy
  repair_pushed,           ///< by anti-entropy
  sifted,                  ///< all that was suspect on an old disk was settled
  sifted_again,            ///< for what a silent peer had left open
  read_repair_left,        ///< to anti-entropy, because too many were under way
  waited_for_read,         ///< a write or merge, until what is stored of its key was read off the loop
  begun_late,              ///< peers reached a node before it had begun
  operated,                ///< operations of data types that were acknowledged
  failed_operation,        ///< which may take effect or not
  unseen_operation,        ///< refused: what its client had seen was nowhere to be found
  shown,                   ///< reads of data types that showed something
  checked_show,            ///< held against every operation acknowledged before it
  scrubbed,                ///< partitions, whose copies were what their trees say
  scrub_difference,        ///< a partition whose copies were not
  scrub_damage,            ///< in files, written anew
  delta_sent,
  base_lacked,    ///< by who was sent one
  large_changed,  ///< a copy that is a head and rows
  large_shrunk,   ///< such a copy became whole
};

inline constexpr std::string_view kSeenNames[] = {
    "acknowledged",
    "failed_write",
    "answered_read",
    "failed_read",
    "checked_read",
    "siblings_read",
    "tombstone_read",
    "refused_create",
    "refused_forgery",
    "retried",
    "new_epoch",
    "forwarded",
    "forwarded_on",
    "read_repair",
    "hedge",
    "far_stamp_refused",
    "unclean_start",
    "clean_start",
    "failed_stop",
    "failed_commit",
    "hint_kept",
    "hint_delivered",
    "trees_compared",
    "leaves_compared",
    "refused_match",
    "expired_read",
    "collected",
    "collection_cancelled",
    "collection_too_young",
    "too_old_refused",
    "copy_vouched_for",
    "copy_given_up",
    "hint_given_up",
    "hint_rehomed",
    "hint_overflowed",
    "hint_dropped",
    "new_disk_noticed",
    "old_disk_noticed",
    "away_too_long",
    "doubt_resumed",
    "authority_regained",
    "new_disk_filled",
    "read_refused_in_doubt",
    "arrival_behind_barrier",
    "written_apart",
    "tree_rebuilt",
    "lease_busy",
    "repair_pulled",
    "repair_pushed",
    "sifted",
    "sifted_again",
    "read_repair_left",
    "waited_for_read",
    "begun_late",
    "operated",
    "failed_operation",
    "unseen_operation",
    "shown",
    "checked_show",
    "scrubbed",
    "scrub_difference",
    "scrub_damage",
    "delta_sent",
    "base_lacked",
    "large_changed",
    "large_shrunk",
};
inline constexpr std::size_t kSeenKinds = std::size(kSeenNames);
static_assert(kSeenKinds == static_cast<std::size_t>(Seen::large_shrunk) + 1, "each has its name");

/// Counts of faults that were done and things that were met. A value; histories are added up.
struct Tally {
  std::array<std::uint64_t, kFaultKinds> faults{};
  std::array<std::uint64_t, kSeenKinds> seen{};
  std::uint64_t requests_sent = 0;  ///< between nodes
  std::uint64_t dropped = 0;
  std::uint64_t cut_off = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t straggled = 0;

  void add(const Tally& other);
  std::uint64_t all_faults() const;
};

/// What happened, as one running hash of all of it and, when asked, a line each; and the first violation. Everything
/// that is judged or counted goes through here. [serial]
class Chronicle {
 public:
  Chronicle(const Scheduler& scheduler, bool trace) : scheduler_(scheduler), trace_(trace) {}

  bool tracing() const { return trace_; }
  /// Only when tracing.
  void line(const std::string& text);
  /// Folds an event into the hash.
  void note(std::uint64_t event);
  void met(FaultKind kind) { ++tally_.faults[static_cast<std::size_t>(kind)]; }
  void met(Seen what, std::uint64_t times = 1) { tally_.seen[static_cast<std::size_t>(what)] += times; }
  /// The first is kept.
  void violated(const std::string& what);

  const std::optional<std::string>& violation() const { return violation_; }
  std::uint64_t digest() const { return digest_; }
  const std::string& lines() const { return lines_; }
  Tally& tally() { return tally_; }

 private:
  std::string when() const;

  const Scheduler& scheduler_;
  const bool trace_;
  std::uint64_t digest_ = 0x9e3779b97f4a7c15ULL;
  std::string lines_;
  std::optional<std::string> violation_;
  Tally tally_;
};

}  // namespace stator::simulation
