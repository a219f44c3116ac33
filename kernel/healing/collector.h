#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/coordinator/keyspace.h"
#include "kernel/healing/collection_counters.h"
#include "kernel/healing/collection_member.h"
#include "kernel/healing/collection_round.h"
#include "kernel/healing/partition_scan.h"
#include "kernel/seams/peer_links.h"

namespace stator {

/// The members of a keyspace, and by which ring it is placed.
struct CollectionRing {
  std::uint64_t fingerprint = 0;
  std::vector<std::string> members;  ///< node ids, this node's too
};

/// Searches one loop's partitions for tombstones that may go, slice by slice below the requests, and coordinates the
/// rounds that take them away, one at a time. Each replica of a partition may, and two at a time are no harm; but each
/// leaves those before it in the preference list some time first. [its loop]
class Collector {
 public:
  struct Parts {
    Executor& executor;
    Replica& replica;
    PeerLinks& links;
    Stamps& stamps;
    CollectionMember& member;
    CollectionCounters& counters;
  };
  struct Options {
    std::string node;
    Duration interval = std::chrono::minutes(5);  ///< about, from the begin of one search to that of the next
    Duration patience = std::chrono::minutes(5);  ///< with each replica before this one in the preference list
    std::vector<Keyspace*> keyspaces;
    std::function<bool(Partition)> mine;  ///< whether the partition belongs to this loop
    std::function<CollectionRing(const Keyspace&)> ring;
  };

  Collector(Parts parts, Options options);
  /// Not before its executor has dropped what it was to run.
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  /// The first search comes an interval later, or a quarter sooner or later than that.
  void begin();
  void end();
  /// Searches now, if no search is under way. `done` comes when all partitions have been through.
  void search_now(Task done);

  /// Why the last round that this node coordinated left the key where it is; none if no round did.
  CollectBlock last_block(const Keyspace& keyspace, BytesView key) const;

 private:
  struct Place {
    std::size_t keyspace = 0;
    std::uint32_t partition = 0;
    Bytes from;
  };
  struct Round;
  /// What a slice found: tombstones that may go, and large copies that may be some, which are to be looked through.
  struct Found {
    std::vector<CollectKey> keys;
    std::vector<CollectKey> large;
  };

  void wait();
  void search();
  void next_slice();
  std::vector<SliceStart> next_slices() const;
  void scan_slices();
  bool scan_slice();
  Found scan(const Keyspace& keyspace, Partition partition, std::chrono::milliseconds grace);
  bool consider(const KeyAddress& at, BytesView copy, std::chrono::milliseconds grace);
  bool consider(const KeyAddress& at, std::uint64_t dead_since_ms, std::chrono::milliseconds grace);
  void look_through(Keyspace& keyspace, Partition partition, Found found, std::chrono::milliseconds grace);
  std::optional<std::size_t> rank(const Keyspace& keyspace, Partition partition) const;
  void finish_search();

  void start_round(Keyspace& keyspace, Partition partition, std::vector<CollectKey> keys);
  void ask_all();
  void ask(std::size_t member);
  void answered(std::uint64_t round, CollectStep step, std::size_t member, Result<CollectReply> reply);
  void finish_round();
  void remove_by_time(const Keyspace& keyspace, Partition partition, const std::vector<CollectKey>& keys);

  const Parts parts_;
  const Options options_;
  TimerId timer_ = 0;
  bool running_ = false;
  bool searching_ = false;
  bool looking_ = false;       // through a large copy
  std::vector<Task> waiting_;  // for the end of the search
  TimePoint begun_;
  Place place_;
  std::int64_t found_ = 0;      // tombstones in this search
  std::int64_t published_ = 0;  // and in the one before
  std::chrono::milliseconds slack_{20};
  std::unique_ptr<Round> round_;
  std::map<std::pair<std::string, Bytes>, CollectBlock> left_;  // by keyspace and key; of the last searches
};

}  // namespace stator
