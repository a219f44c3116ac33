#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "kernel/coordinator/keyspace.h"
#include "kernel/healing/hint_ledger.h"
#include "kernel/healing/hint_queue.h"
#include "kernel/replica/replica.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/stamps.h"

namespace stator {

/// The hints of one loop's partitions: what other nodes should hold and, as far as anybody here knows, do not. Each
/// lies in the node's own storage and is committed and recovered like any copy: as a copy that stands in for the
/// target's, which this node may sign writes in, or as a reference to the copy it holds as a primary.
/// `KeyAddress::hint_for` names the target. [its loop]
class HintStore {
 public:
  struct Parts {
    Executor& executor;
    Replica& replica;
    HintLedger& ledger;
    Stamps& stamps;
  };
  /// `share`: of how many loops this is one; each may use its share of a keyspace's hint bytes.
  HintStore(Parts parts, std::size_t share) : parts_(parts), share_(share) {}
  HintStore(const HintStore&) = delete;
  HintStore& operator=(const HintStore&) = delete;

  /// Called with a target whenever a hint for it may be due.
  void set_listener(std::function<void(const std::string& target)> listener) { listener_ = std::move(listener); }

  /// A hint that was found in storage. [startup]
  void found(const Keyspace& keyspace, const KeyAddress& at, BytesView value);
  /// Signs a client's write in the copy that stands in for the target's. As Replica::write, and resource_exhausted when
  /// there are too many bytes for the target.
  Result<Replica::Prepared> write(const Keyspace& keyspace, const KeyAddress& at, WriteIntent intent,
                                  std::optional<Duration> ttl, Replica::Committed done);
  /// Merges into that copy; `done` gets the digest when it is durable. As Replica::merge, and resource_exhausted.
  void keep(const Keyspace& keyspace, const KeyAddress& at, Replica::Arrival arrived, Replica::Merged done);
  /// Notes that the target missed what this node holds as a primary. When there is no room, that is counted and left to
  /// anti-entropy.
  void refer(const Keyspace& keyspace, const KeyAddress& at);

  /// The target, or another primary, has that generation durably. Whether the hint is gone.
  bool delivered(const KeyAddress& at, const HintId& id, const HintQueue::Due& due);
  /// Takes a hint away that is given up.
  void drop(const KeyAddress& at, const HintQueue::Due& due);

  /// Gives up the keyspace's hints with nothing newer than `until`: see Sifter. Counted as dropped.
  void give_up(const Keyspace& keyspace, Stamp until);

  struct Target {
    HintQueue queue;
    std::shared_ptr<HintTally> tally;  // shared: with the ledger
  };
  Target& target(const std::string& node);
  std::map<std::string, Target>& targets() { return targets_; }
  void publish(Target& target);

  /// Whether any hint of that partition is here, or on its way out of storage.
  bool any_for(Partition partition) const;
  /// The targets for which a hint of that key is here.
  std::vector<std::string> targets_of(const HintId& id) const;
  std::size_t count() const;

 private:
  /// Runs `then` when this node's own copy of the key can be read without waiting for a disk.
  void read_own_ahead(const KeyAddress& at, UniqueFunction<void(const KeyAddress&)> then);
  void keep_now(const Keyspace& keyspace, const KeyAddress& at, Replica::Arrival arrived, Replica::Merged done);
  void refer_now(const Keyspace& keyspace, const KeyAddress& at);
  /// `brings_value`: see Store::admit.
  Status admit(const Keyspace& keyspace, const KeyAddress& at, std::uint64_t bytes, bool brings_value);
  void note(const KeyAddress& at, const HintId& id, const HintFacts& facts);
  void written(const std::string& target, const HintId& id);
  void remove(const KeyAddress& at, const HintQueue::Due& due);

  Parts parts_;
  const std::size_t share_;
  std::function<void(const std::string&)> listener_;
  std::map<std::string, Target> targets_;
  std::map<Partition, std::size_t> leaving_;  // removals on their way to disk
};

/// What this node's hint copies know of a key together: its answer to a read when it stands in for `targets`. Reads
/// only what is durable. [any loop]
Result<Replica::Held> held_in_hints(const Replica& replica, KeyAddress at, const std::vector<std::string>& targets,
                                    bool digest_only);

}  // namespace stator
