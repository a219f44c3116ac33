#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kernel/replica/backlog.h"
#include "kernel/replica/found_limit.h"
#include "kernel/replica/loss.h"
#include "kernel/replica/row_log.h"
#include "kernel/replica/store_room.h"
#include "kernel/ring/token.h"
#include "kernel/seams/committer.h"
#include "kernel/seams/readers.h"
#include "stator/mending.h"
#include "stator/storage.h"

namespace stator {

/// One storage instance as the replicas of all loops share it: where to read, where to commit, and under which
/// incarnation marks are valid. `storage` and `committer` outlive it. [any-thread]
class Store {
 public:
  /// `readers` is null unless the storage's reads may block.
  Store(std::string name, Storage& storage, Committer& committer, Readers* readers = nullptr, Reserve reserve = {})
      : name_(std::move(name)), storage_(storage), committer_(committer), readers_(readers), room_(reserve) {}

  const std::string& name() const { return name_; }
  Storage& storage() { return storage_; }
  Committer& committer() { return committer_; }
  /// Where the storage is to be read; null: where one is.
  Readers* readers() const { return readers_; }

  Stamp incarnation() const { return {incarnation_.load()}; }
  /// A new one withdraws every mark written before: this node may have forgotten writes it signed.
  void set_incarnation(Stamp incarnation) { incarnation_.store(incarnation.bits); }
  /// Marks of `incarnation` hold again, but not before confirm_marks(): until then a signature withdraws them all.
  void hold_marks(Stamp incarnation) { held_.store(incarnation.bits); }
  void confirm_marks() {
    std::uint64_t none = 0;
    const std::uint64_t held = held_.exchange(0);
    if (held != 0) incarnation_.compare_exchange_strong(none, held);
  }
  /// Withdraws every mark, also while the clock gives no stamp to begin a new incarnation with: the next signature
  /// brings it.
  void withdraw_marks() {
    held_.store(0);
    incarnation_.store(0);
  }
  /// The incarnation to sign under; the signature's own stamp if marks were withdrawn since the last.
  Stamp incarnation_for(Stamp signature) {
    std::uint64_t held = 0;
    return incarnation_.compare_exchange_strong(held, signature.bits) ? signature : Stamp{held};
  }

  /// The clock's limit that earlier lives left here. [startup]
  void set_found_limit(const FoundLimit& limit) { found_limit_ = limit; }
  const FoundLimit& found_limit() const { return found_limit_; }
  /// Since it was found empty, in that life, nobody has said whether anything is missing; of found_limit() all is zero.
  /// The life has no name yet if that is zero. [startup]
  void set_unvouched(std::optional<Stamp> life) { unvouched_ = life; }
  const std::optional<Stamp>& unvouched() const { return unvouched_; }
  /// An earlier life was away for longer than hints are kept, and had not caught up when it ended. [startup]
  void set_found_away(bool away) { found_away_ = away; }
  bool found_away() const { return found_away_; }
  /// What an earlier life had to give up, and peers had not filled again when it ended. [startup]
  void set_found_lost(std::set<LostCopies> lost) { found_lost_ = std::move(lost); }
  const std::set<LostCopies>& found_lost() const { return found_lost_; }
  /// What gets the storage rid of what it cannot read; null: nothing does. [startup]
  void set_mending(Mending* mending) { mending_ = mending; }
  Mending* mending() const { return mending_; }
  /// The keyspaces whose copies are in it, configured or not. [startup]
  void set_keyspaces(std::vector<std::uint16_t> keyspaces) { keyspaces_ = std::move(keyspaces); }
  const std::vector<std::uint16_t>& keyspaces() const { return keyspaces_; }
  /// What the node notes in it once and for all, and could not do without. [startup]
  void set_fixed_notes(std::map<Bytes, Bytes> notes) { fixed_notes_ = std::move(notes); }
  const std::map<Bytes, Bytes>& fixed_notes() const { return fixed_notes_; }
  /// A peer has heard stamps of this node that are above what this store knows of: what was written here since is gone.
  /// Marks are withdrawn. `barrier`: a stamp past every collection that is forgotten. True the first time.
  bool forget(Stamp barrier) {
    withdraw_marks();
    unclean_.store(true);
    if (forgot_.exchange(true)) return false;
    set_barrier(barrier);
    return true;
  }
  bool forgot() const { return forgot_.load(); }
  /// What was read up to then may be of keys whose collection this node has forgotten: such records are refused.
  Stamp barrier() const { return {barrier_.load()}; }
  void set_barrier(Stamp barrier) { barrier_.store(barrier.bits); }

  /// A backup is being put back: of a key whose tombstone has come, something older may still come, so no tombstone is
  /// collected.
  void set_restoring(bool restoring) { restoring_.store(restoring); }
  bool restoring() const { return restoring_.load(); }

  /// The copies on their way to its disk.
  Backlog& backlog() { return backlog_; }

  /// Which rows of its large copies change.
  RowLog& row_log() { return row_log_; }

  /// How much room there is on its disk.
  StoreRoom& room() { return room_; }
  const StoreRoom& room() const { return room_; }
  /// As StoreRoom::admit, with the storage's name.
  Status admit(bool brings_value) const {
    Status taken = room_.admit(brings_value);
    return taken.is_ok() ? taken : Status(taken.code(), "storage " + name_ + ": " + taken.message());
  }

  /// Notes how a commit ended.
  void note(const Status& outcome) {
    room_.note(outcome);
    failing_.store(!outcome.is_ok() && outcome.code() != Code::storage_full);
    if (!outcome.is_ok()) unclean_.store(true);
  }
  /// Whether the last commit failed, other than for want of space, which passes.
  bool failing() const { return failing_.load(); }
  /// Whether any commit failed: the next start must not be taken for one after a clean shutdown.
  bool unclean() const { return unclean_.load(); }

 private:
  const std::string name_;
  Storage& storage_;
  Committer& committer_;
  Readers* const readers_;
  std::atomic<std::uint64_t> incarnation_{0};
  std::atomic<std::uint64_t> held_{0};
  FoundLimit found_limit_;
  std::optional<Stamp> unvouched_;
  bool found_away_ = false;
  Mending* mending_ = nullptr;
  std::vector<std::uint16_t> keyspaces_;
  std::map<Bytes, Bytes> fixed_notes_;
  std::set<LostCopies> found_lost_;
  std::atomic<bool> forgot_{false};
  std::atomic<std::uint64_t> barrier_{0};
  std::atomic<bool> restoring_{false};
  std::atomic<bool> failing_{false};
  std::atomic<bool> unclean_{false};
  StoreRoom room_;
  Backlog backlog_;
  RowLog row_log_;
};

/// Names one key of this node: where its copy is.
struct KeyAddress {
  Store& store;
  Partition partition = 0;
  std::uint16_t keyspace = 0;
  BytesView key;
  std::string_view hint_for = {};  ///< the primary this node stands in for: its copy is a hint. Empty: it is a primary
};

/// Names the copies of one keyspace in one partition.
struct CopyRange {
  Store& store;
  std::uint16_t keyspace = 0;
  Partition partition = 0;
};

}  // namespace stator
