#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/coordinator/keyspace.h"
#include "kernel/healing/collect_messages.h"
#include "kernel/healing/collection_counters.h"
#include "kernel/healing/collection_votes.h"
#include "kernel/replica/replica.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/stamps.h"

namespace stator {

using CollectedNames = std::vector<CollectedKeys::Name>;

/// A member's part in collections of the partitions of one loop: says what it holds, vouches for it durably, removes
/// what all have vouched for. [its loop]
class CollectionMember {
 public:
  using Done = UniqueFunction<void(CollectReply)>;
  struct Parts {
    Executor& executor;
    Replica& replica;
    Stamps& stamps;
    CollectionCounters& counters;
    /// Whether any hint, or copy that stands in for another node's, is here for the partition or on its way to disk.
    std::function<bool(Partition)> any_hint;
  };
  struct Options {
    std::string node;                                   ///< this node's id
    std::chrono::milliseconds life_of_messages;         ///< how long what was collected must be remembered
    std::size_t max_remembered = std::size_t{1} << 17;  ///< keys; rounds that would need more are refused
  };

  CollectionMember(Parts parts, Options options) : parts_(std::move(parts)), options_(std::move(options)) {}

  /// Remembers what an earlier life of this node vouched for. [startup]
  void found(Store& store, const CutKey& cut, const CollectedNames& names);
  /// Answers one step of the round that `from` coordinates. `ring`: the fingerprint by which this node places the
  /// keyspace. `done` comes once, perhaps inside the call, and after what it says is durable.
  void serve(const std::string& from, const Keyspace& keyspace, std::uint64_t ring, CollectRequest request, Done done);
  /// Forgets what nothing can be born before any more.
  void forget();

 private:
  struct Asked;
  struct Removal;
  /// A note in a store, to be taken away when its cut is forgotten.
  struct Note {
    Stamp cut;
    Store* store;
    Bytes key;
  };

  void serve_now(const std::string& from, const Keyspace& keyspace, std::uint64_t ring, CollectRequest request,
                 Done done);
  CollectBlock judge_member(const Asked& asked) const;
  CollectBlock survey(const Asked& asked);
  CollectBlock judge(const Asked& asked, const CollectKey& key) const;
  CollectBlock judge_copy(const Asked& asked, const KeyAddress& at, std::uint64_t digest) const;
  void prepare(Asked asked, CollectReply reply, Done done);
  void commit(const Asked& asked, CollectReply reply, Done done);

  const Parts parts_;
  const Options options_;
  CollectionVotes votes_;
  std::deque<Note> notes_;
};

/// Hands over what earlier lives of this node have vouched for, as it is in the store. [startup, blocking]
Status recover_cuts(Store& store, const std::function<void(const CutKey&, const CollectedNames&)>& found);

}  // namespace stator
