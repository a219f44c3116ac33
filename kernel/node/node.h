#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/coordinator/context_token.h"
#include "kernel/coordinator/keyspace.h"
#include "kernel/node/agreements.h"
#include "kernel/node/clock_keeper.h"
#include "kernel/node/disk_watch.h"
#include "kernel/node/hello.h"
#include "kernel/node/lives.h"
#include "kernel/node/mender.h"
#include "kernel/node/scrub.h"
#include "kernel/node/shard.h"
#include "kernel/ring/ring.h"
#include "stator/membership.h"

namespace stator {

/// The kernel of one node: its stores, clock, rings, keyspaces and shards, over seams. It makes no thread, socket, file
/// or plugin: the server and the simulator do, and both run this very class.
class Node {
 public:
  struct Identity {
    std::string cluster;
    std::string node;
    std::string secret;  ///< for context tokens; the same on every node
    int partition_bits = 12;
    std::chrono::milliseconds max_clock_skew{10'000};
    std::size_t max_in_flight = 16384;               ///< over all shards
    AntiEntropy::Options anti_entropy;               ///< its bytes over all shards
    std::uint64_t hint_bytes_per_second = 16 << 20;  ///< to one target, over all shards
    std::uint64_t seed = 1;  ///< of what is left to chance; another for each node and each of its lives
    Duration collect_interval = std::chrono::minutes(5);
    Scrub::Options scrub;
  };
  /// What the world lends; outlives the node.
  struct Seams {
    std::vector<Executor*> loops;
    std::vector<PeerLinks*> links;                        ///< one for each loop
    Background* background = nullptr;                     ///< for what may wait for a disk; null: it is waited for
    Background* mending = nullptr;                        ///< the same, for what takes long
    std::function<void(const Store&)> room_changed = {};  ///< on the first loop, or in open(); or null
    std::function<void(const std::string&)> tell = {};    ///< what people should hear; on any loop; or null
  };
  struct StoreSetup {
    std::string name;
    Storage* storage = nullptr;
    Committer* committer = nullptr;
    Readers* readers = nullptr;      ///< null unless the storage's reads may block
    SpaceProbe* space = nullptr;     ///< of the disk it rests on; null: it is full when it says so, and not before
    Reserve reserve = {};            ///< of that disk
    Mending* mending = nullptr;      ///< null: what cannot be read stays so
    Scrubbing* scrubbing = nullptr;  ///< null: its files are not read again
  };
  struct KeyspaceSetup {
    KeyspaceRules rules;
    std::string store;
    std::string membership;
    Keyspace::Resolve resolve;
    KeyspaceSettings settings = {};      ///< everything nodes must agree on; compared when they meet
    const DataType* datatype = nullptr;  ///< instead of `resolve`; outlives the node
    std::string kind = "register";       ///< see Keyspace::kind
  };
  struct RingView {
    Ring ring;
    std::vector<Member> members;
  };

  Node(Identity identity, Seams seams, const std::vector<StoreSetup>& stores, std::vector<KeyspaceSetup> keyspaces);
  ~Node();

  /// Reads the stores' meta, sets clock and incarnations. The storages are open, no loop runs yet. [startup, blocking]
  Status open();
  /// Who is in the cluster, as one membership instance has it. Rebuilds that instance's ring and the placements that
  /// follow it. Before begin(), or on the first loop.
  void set_members(const std::string& membership, int vnodes_per_node, std::vector<Member> members);
  /// What an earlier life left in doubt is so from now on: before the first request, when members are known. Before the
  /// loops run, or on the first.
  void resume();
  /// Starts the clock's renewal, greets the other members and begins to heal: the links can be used. On the first loop,
  /// or before the loops run.
  void begin();
  /// Ends both. On the first loop.
  void end();
  /// Notes a clean shutdown in every store that never failed. After the loops and committers have ended. [blocking]
  Status close();

  const Identity& identity() const { return identity_; }
  /// `done` hears on `home` how many of the hints that are queued now have not been delivered by the deadline: 0 as
  /// soon as all are. [any-thread]
  void wait_for_hints(Executor& home, TimePoint deadline, std::function<void(std::size_t left)> done) const;

  /// Null if there is no such keyspace. [any-thread]
  Keyspace* keyspace(std::string_view name) const;
  const std::map<std::string, std::unique_ptr<Keyspace>, std::less<>>& keyspaces() const { return keyspaces_; }
  const std::vector<std::unique_ptr<Store>>& stores() const { return stores_; }
  const std::vector<std::unique_ptr<Shard>>& shards() const { return shards_; }
  /// [any-thread]
  Shard& shard_of(Partition partition) const { return *shards_[partition % shards_.size()]; }
  Partition partition_of_key(const Keyspace& keyspace, BytesView key) const;
  /// The shard of the calling loop; the first one on any other thread. [any-thread]
  Shard& here() const;
  /// The links of the calling loop. [a loop]
  PeerLinks& links_here() const;
  Executor& first_loop() const { return *seams_.loops.front(); }
  Stamps& stamps() { return *clock_; }
  ReplicaCounters& counters() { return counters_; }
  const ReplicaCounters& counters() const { return counters_; }
  /// The least of its keyspaces': how long a message with a record may be under way to this node.
  std::chrono::milliseconds life_of_messages() const { return life_of_messages_; }
  const RepairCounters& repair_counters() const { return repair_counters_; }
  const LastComparison& last_comparison() const { return last_comparison_; }
  LastComparison& last_comparison() { return last_comparison_; }
  /// What anti-entropy knows of a keyspace of this node. [any-thread]
  RepairKeyspace& repair(const Keyspace& keyspace) const { return *repairs_.at(keyspace.rules.name); }
  const CollectionCounters& collection_counters() const { return collection_counters_; }
  /// The fingerprint of the ring that places the keyspace. [any-thread]
  std::uint64_t ring_of(const Keyspace& keyspace) const;
  const ContextTokens& tokens() const { return tokens_; }
  const HintLedger& hint_ledger() const { return hint_ledger_; }
  const std::string& membership_of(const std::string& keyspace) const { return memberships_.at(keyspace); }

  /// The ring of a membership instance as it is now; null if there is none. [any-thread]
  std::shared_ptr<const RingView> ring(const std::string& membership) const;
  std::vector<std::string> memberships() const;
  /// Whether any membership knows a node of that id. [any-thread]
  bool is_member(std::string_view node) const;
  Hello hello() const;
  Agreements& agreements() { return *agreements_; }
  const Agreements& agreements() const { return *agreements_; }
  /// unavailable while this node's settings of the keyspace are contradicted by more than half of the members.
  /// [any-thread]
  Status may_serve(const Keyspace& keyspace) const;
  Lives& lives() { return *lives_; }
  const Lives& lives() const { return *lives_; }
  const Mender& mender() const { return *mender_; }
  const Scrub& scrub() const { return *scrub_; }

 private:
  bool all_settled() const;
  Coordinator::RepairOwn own_repairs();
  RepairTools::MergeOwn own_merges();
  RepairTools::Equal equalities();
  void make_anti_entropy(std::size_t shard);
  void make_sifter(std::size_t shard);
  void make_mender();
  void make_scrub();
  void tell(const std::string& text) const;
  void suspect(Keyspace& keyspace, const std::vector<Partition>& held, Stamp until);
  void deliver_hints();
  Status find_hints();
  void make_shards();
  Status open_stores(Stamp& clock_start, std::vector<bool>& clean, std::map<std::string, HeardClock>& heard);
  void greet_members();
  void make_collections(std::size_t shard);
  Status find_cuts();
  CollectionRing collection_ring(const Keyspace& keyspace) const;
  bool is_alone() const;

  const Identity identity_;
  const Seams seams_;
  const ContextTokens tokens_;
  std::chrono::milliseconds life_of_messages_ = std::chrono::milliseconds::max();
  ReplicaCounters counters_;
  HintLedger hint_ledger_;
  CollectionCounters collection_counters_;
  std::vector<std::unique_ptr<Store>> stores_;
  std::map<std::string, std::unique_ptr<Keyspace>, std::less<>> keyspaces_;
  std::map<std::string, std::string> memberships_;  // keyspace → membership instance
  std::unique_ptr<Agreements> agreements_;
  // shared: whoever looked keeps the ring it saw
  std::map<std::string, std::atomic<std::shared_ptr<const RingView>>> rings_;
  RepairCounters repair_counters_;
  LastComparison last_comparison_;
  std::map<std::string, std::unique_ptr<RepairKeyspace>> repairs_;
  std::unique_ptr<DiskWatch> disk_watch_;
  std::unique_ptr<ClockKeeper> clock_;
  std::unique_ptr<Lives> lives_;
  std::unique_ptr<Mender> mender_;
  std::vector<FileScrub::Disk> disks_;
  std::atomic<bool> heard_enough_{false};
  TimerId greeting_ = 0;  // of the first loop: hints wait for a meeting, and perhaps nothing else dials
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<Scrub> scrub_;
};

}  // namespace stator
