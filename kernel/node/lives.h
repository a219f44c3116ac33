#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/coordinator/keyspace.h"
#include "kernel/node/hello.h"
#include "kernel/node/peer_clocks.h"
#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/stamps.h"

namespace stator {

/// What a node has learnt of its own lives since it started. [any-thread]
struct LivesCounters {
  std::atomic<std::uint64_t> lacking{0};   ///< stores that peers found to lack what they had heard of this node
  std::atomic<std::uint64_t> away{0};      ///< keyspaces, after an absence that was longer than hints are kept
  std::atomic<std::uint64_t> resumed{0};   ///< keyspaces that an earlier life had left in doubt
  std::atomic<std::uint64_t> regained{0};  ///< keyspaces whose copies all count again
};

/// What this node and its peers remember of each other's lives, and what follows from it: whether the marks of a clean
/// shutdown hold, and for what this node's copies count. See docs/decisions, 2026-11-25. [any-thread, but where a
/// method says otherwise]
class Lives {
 public:
  using Stores = std::vector<std::unique_ptr<Store>>;
  using Keyspaces = std::map<std::string, std::unique_ptr<Keyspace>, std::less<>>;

  /// What the node is made of; outlives this.
  struct Parts {
    Executor& first_loop;
    Stamps& stamps;
    const Stores& stores;
    const Keyspaces& keyspaces;
    /// Copies of these partitions with no stamp above `until` may be of collected keys.
    std::function<void(Keyspace&, const std::vector<Partition>& held, Stamp until)> suspect;
    /// As many peers as are needed have said what is missing, and what followed from it was done; or there is nobody.
    std::function<void()> heard_enough;
    std::function<void(const std::string&)> tell;  ///< a sentence for people; on any loop
    bool catches_up = true;  ///< anti-entropy runs: without it nothing that is in doubt would ever count again
  };

  Lives(Parts parts, std::string node, std::chrono::milliseconds max_clock_skew);

  /// This life begins. `heard`: what an earlier one had heard of the peers. Where nobody has vouched for an empty store
  /// yet, the life that found it so goes on: what peers heard of it is no sign of a loss. [startup, blocking]
  Status open(const std::map<std::string, HeardClock>& heard);
  /// Placements are known: what an earlier life had not caught up with is in doubt, before the first request. So is,
  /// until enough peers have said whether anything is missing, what was last written longer ago than hints are kept and
  /// what was found empty; nor does anything vouch for others before that; unless this node is `alone`. [startup]
  void resume(bool alone);
  /// `alone`: there is no other member who could say that something is missing. [first loop]
  void begin(bool alone);
  /// [first loop]
  void end();
  /// To be called before anything is answered. A node that has not run for longer than hints were kept for it, as a
  /// process that was stopped or a machine that was suspended, was away like one that had ended.
  void note_running();

  const LivesCounters& counters() const { return counters_; }

  /// Adds what a hello says of lives.
  void describe(Hello& hello) const;
  /// A peer said what it is and what it knows of this node. What follows for people, a sentence each.
  std::vector<std::string> meet(const Hello& theirs);
  /// What a peer's clock showed. It may have run ahead of the limit on its disk, by no more than the skew that is
  /// allowed: that much is not counted.
  void hear(const std::string& node, Stamp shown);
  /// This is about to be given up. Copies: their partitions are in doubt from now on, also in a later life. Notes: they
  /// are written anew. Cuts: what was read until now is refused. `done` hears when that is durable. [first loop]
  void lose(Store& store, const Loss& loss, std::function<void(const Status&)> done);
  /// Anti-entropy found the partition equal with a peer's. [one loop for each partition]
  void verified(Keyspace& keyspace, Partition partition, const Equality& found);

 private:
  void note_peers();
  void keep_watch();
  std::chrono::milliseconds longest_absence(const Keyspace& keyspace) const;
  std::chrono::milliseconds time_not_run() const;
  bool was_away(const Hello& theirs, const Keyspace& keyspace) const;
  std::size_t voices_wanted(const Keyspace& keyspace) const;
  void hear_enough();
  std::vector<Partition> shared_partitions(const Keyspace& keyspace) const;
  void doubt(Store& store);
  void doubt_away(Keyspace& keyspace);
  Stamp barrier(Stamp theirs);
  void commit(Store& store, Bytes key, Bytes value, bool remove);
  void lose_copies(Store& store, const std::set<LostCopies>& copies);

  const Parts parts_;
  const std::string node_;
  const std::chrono::milliseconds max_clock_skew_;
  LivesCounters counters_;
  Stamp life_;
  PeerClocks peers_;
  std::mutex meeting_;  // one doubt at a time
  std::set<std::string> met_;
  std::vector<Keyspace*> unsure_;                      // until enough were
  std::set<const Store*> vouched_;                     // of whose keyspaces none is
  bool heard_enough_ = false;                          // these are all
  std::set<std::string> absences_;                     // keyspaces for which this life came after one
  std::map<const Store*, std::set<LostCopies>> lost_;  // as it is noted
  std::set<const Store*> lacking_;  // what was signed since a peer first said so is here, whoever says it again
  std::chrono::milliseconds shortest_absence_ = std::chrono::milliseconds::max();  // that matters to any keyspace
  std::atomic<std::int64_t> ran_at_{0};        // by the loop's clock, which a suspended machine's may stand still
  std::atomic<std::uint64_t> ran_at_wall_{0};  // in milliseconds, which somebody may set
  // Below: the first loop alone.
  TimerId timer_ = 0;
  TimerId watch_ = 0;
  std::map<std::string, HeardClock> noted_;  // what the stores hold of peers_
};

}  // namespace stator
