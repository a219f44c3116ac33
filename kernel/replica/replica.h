#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "kernel/causality/copy.h"
#include "kernel/replica/collected_keys.h"
#include "kernel/replica/copy_observer.h"
#include "kernel/replica/local_copies.h"
#include "kernel/replica/read_ahead.h"
#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/stamps.h"

namespace stator {

/// What all replicas of a node have counted since it started. [any-thread]
struct ReplicaCounters {
  std::atomic<std::uint64_t> versions_dropped{0};  ///< by merges, because the other side had seen them replaced
  std::atomic<std::uint64_t> corrupt_dots{0};      ///< one dot with two contents
  std::atomic<std::uint64_t> stamps_refused{0};    ///< arrivals from too far in the future
  std::atomic<std::uint64_t> outlived{0};          ///< arrivals born longer ago than a message lives
  std::atomic<std::uint64_t> behind_barrier{0};    ///< arrivals read before this node knew what it has lost
  std::atomic<std::uint64_t> apart{0};             ///< writes signed while this node's copies did not count
  std::atomic<std::uint64_t> unreadable{0};        ///< reads of copies that the storage has lost
  std::atomic<std::uint64_t> put_off{0};           ///< arrivals that could wait, while there was too much to do
};

/// One loop's share of this node's copies: read, merge, write. A key belongs to one loop, so nothing here is locked. A
/// copy on its way to disk is what the next write or merge of its key builds on, while reads see only what is durable.
/// [its loop]
class Replica {
 public:
  /// A write as it must be shipped, at once, while its own sync is still to come.
  struct Prepared {
    Bytes record;  ///< encoded; empty if the copy is a large one, of which it was not read: see whole()
    Bytes delta;   ///< what may be shipped in its place to who has the base, encoded; empty: not worth it, which it is
                   ///< wherever `record` is empty, or the write is repeated
    Context context;  ///< of that record
    Dot dot;
    Stamp stamp;  ///< of this write
    Stamp born;   ///< the clock when it was signed; differs from `stamp` when the write repeats an earlier one
    bool repeated = false;
    std::optional<Context> seen;  ///< what the writer may go on from, if that is less than `context`
  };
  /// A record from elsewhere, and the sender's clock when the operation began that brings it.
  struct Arrival {
    Record record;
    Stamp born;
  };
  struct DeltaArrival {
    Delta delta;
    Stamp born;
  };
  /// A copy as it is here and durable.
  struct Held {
    std::uint64_t digest = 0;  ///< 0: no record
    Bytes record;              ///< encoded; empty if there is none, or only the digest was asked for
  };
  using Committed = UniqueFunction<void(const Status&)>;
  using Merged = UniqueFunction<void(Result<std::uint64_t>)>;
  using Joined = UniqueFunction<void(Result<bool>)>;
  using Read = UniqueFunction<void(Result<Bytes>)>;

  /// `node` is this node's id. Stamps, counters and executor outlive the replica.
  Replica(std::string node, Executor& executor, Stamps& stamps, ReplicaCounters& counters);

  /// Tells the observer of every copy that becomes durable; it outlives the replica. [startup]
  void set_observer(CopyObserver& observer) { observer_ = &observer; }

  /// Whether a primary's copy whose newest stamp is that one is suspect (see Suspicion): asked of stores that forgot
  /// something alone. [startup]
  using Suspects = std::function<bool(const KeyAddress& at, Stamp newest)>;
  void set_suspicion(Suspects suspects) { suspects_ = std::move(suspects); }

  /// Runs `then` when what a write of the key builds on is at hand: at once, unless the store's reads may block. In the
  /// order of the calls for one key; the address is good for the call. Of a large copy the rows that `needs` asks for
  /// have been read by then.
  void prepare(const KeyAddress& at, RowNeeds needs, ReadAhead::Then then);
  /// Whether all of `context` was seen here; inside prepare() if reads may block.
  Result<bool> covers(const KeyAddress& at, const Context& context) const;
  /// Signs a client's write, inside prepare() if reads may block. `ttl` makes it expire. Errors: failed_precondition,
  /// conflict, too_large, unavailable (no stamp), data_loss, storage_full (the disk is below its reserve), and what an
  /// operation says. Only if it succeeds is `done` called: with OK after the copy is durable here.
  Result<Prepared> write(const KeyAddress& at, WriteIntent intent, std::optional<Duration> ttl, Committed done);
  /// Merges what arrived; `done` gets the digest of the copy when that is durable. invalid_argument if a stamp cannot
  /// be believed; failed_precondition if the key was collected since the arrival's birth; storage_full if it brings
  /// something that the store has no room for.
  void merge(const KeyAddress& at, Arrival arrived, Merged done);
  /// Joins what arrived; `done` gets true when the copy, which has then seen all that the delta brings, is durable, and
  /// false if it lacks the delta's base: then nothing was done. Errors are those of merge().
  void join(const KeyAddress& at, DeltaArrival arrived, Joined done);
  /// Takes the copy away, and with it the mark: the next write here mints a new epoch. Also what is left of one that is
  /// not whole. `done` hears when that is durable.
  void remove(const KeyAddress& at, Committed done);
  /// The same, if it is still the record of that digest, which was guarded before (see
  /// CollectedKeys); failed_precondition if it is not. `done` comes when it is durably gone.
  void collect(const KeyAddress& at, std::uint64_t digest, Committed done);
  /// The key's record with all that is on its way to the disk, encoded: what Prepared leaves out. `done` is called at
  /// once unless the store's reads may block.
  void whole(const KeyAddress& at, Read done);
  /// The durable copy. Absent is a Held without record. [any-thread] It reads the storage and nothing else.
  Result<Held> held(const KeyAddress& at, bool digest_only) const;
  /// What a read that began then must be told where nothing is held: of a key that was collected since, the context of
  /// what was, so that nothing older from elsewhere is taken for the key's value. Absent if none was; unavailable when
  /// all that is known is that one was.
  Result<Held> collected_since(const KeyAddress& at, Stamp born) const;

  /// Copies that wait for their sync.
  std::size_t pending() const { return copies_.size(); }
  /// The keys of the range with a commit in flight, and the digest of what is known to be durable of each; 0: nothing.
  std::map<Bytes, std::uint64_t, std::less<>> in_flight(const CopyRange& range) const {
    return copies_.in_flight(range);
  }
  /// Whether the key's does.
  bool in_flight(const KeyAddress& at) const;
  /// Tasks that wait for what is stored to be read.
  const ReadAhead& ahead() const { return ahead_; }
  /// Something in the store is not what it was, though nothing was written to it through here.
  void changed(const Store& store) { ahead_.changed(store); }
  CollectedKeys& collected() { return collected_; }
  const CollectedKeys& collected() const { return collected_; }
  /// How often a copy that stands in for another node's was stored here; never goes back.
  std::uint64_t stand_ins() const { return stand_ins_; }

 private:
  struct Absorbed;

  Status check_suspicion(const KeyAddress& at, const LocalCopy& local) const;
  Result<LocalCopy> load(const KeyAddress& at, const Bytes& storage_key) const;
  LocalCopy absent(const KeyAddress& at) const;
  template <typename Absorb>
  void take(const KeyAddress& at, Stamp newest, Stamp born, Absorb absorb_into, Merged done);
  void merge_now(const KeyAddress& at, Arrival arrived, Merged done);
  void join_now(const KeyAddress& at, DeltaArrival arrived, Joined done);
  void remove_now(const KeyAddress& at, Committed done);
  void collect_now(const KeyAddress& at, std::uint64_t digest, Committed done);
  Result<std::optional<Prepared>> write_rows(const KeyAddress& at, const Bytes& storage_key, const LocalCopy& local,
                                             const WriteIntent& intent, const Signer& signer, Committed& done);
  Result<WholeCopy> read_whole(const KeyAddress& at, const Bytes& storage_key, LocalCopy local) const;
  template <typename Change>
  Result<std::optional<Absorbed>> absorb_whole(const KeyAddress& at, const Bytes& storage_key, LocalCopy local,
                                               bool growing, Change change);
  Result<std::optional<Absorbed>> join_rows(const KeyAddress& at, const Bytes& storage_key, const LocalCopy& local,
                                            bool growing, const Delta& delta);
  Result<Held> held_rows(const KeyAddress& at, const Bytes& storage_key, BytesView head, bool digest_only) const;
  void commit(const KeyAddress& at, Storing storing, Committed done);
  void settle(Store& store, const Bytes& storage_key, const LocalCopies::Begun& commit, const Status& outcome);
  void count(const MergeReport& report);

  const std::string node_;
  Executor& executor_;
  Stamps& stamps_;
  ReplicaCounters& counters_;
  CopyObserver* observer_ = nullptr;
  Suspects suspects_;
  ReadAhead ahead_;
  LocalCopies copies_{ahead_};
  CollectedKeys collected_;
  std::uint64_t stand_ins_ = 0;
};

}  // namespace stator
