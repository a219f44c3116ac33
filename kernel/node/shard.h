#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "kernel/coordinator/coordinator.h"
#include "kernel/healing/anti_entropy.h"
#include "kernel/healing/collector.h"
#include "kernel/healing/hint_delivery.h"
#include "kernel/healing/sifter.h"
#include "kernel/replica/replica.h"
#include "kernel/seams/executor.h"

namespace stator {

/// What one loop of a node has to itself: the keys of its partitions. Partition p belongs to shard p modulo their
/// number, for life.
struct Shard {
  struct Parts {
    Executor& executor;
    PeerLinks& links;
    Stamps& stamps;
    ReplicaCounters& counters;
    HintLedger& hint_ledger;
    const ContextTokens& tokens;
    Coordinator::RepairOwn repair_own;
    std::function<Keyspace*(std::string_view)> keyspace;
  };
  struct Options {
    Coordinator::Options coordinator;
    HintDelivery::Options hints;
    std::size_t shards = 1;
  };
  Shard(Parts parts, const Options& options)
      : executor(parts.executor),
        node(options.coordinator.node),
        counters(parts.counters),
        replica(options.coordinator.node, parts.executor, parts.stamps, parts.counters),
        hints({parts.executor, replica, parts.hint_ledger, parts.stamps}, options.shards),
        delivery({parts.executor, parts.links, replica, hints, parts.stamps, std::move(parts.keyspace)}, options.hints),
        coordinator(
            {parts.executor, replica, parts.links, parts.tokens, parts.stamps, std::move(parts.repair_own), hints},
            options.coordinator) {}

  /// Whether a record that can wait may be taken into the store; resource_exhausted, and counted, while there is too
  /// much to do for clients. [its loop]
  Status admit_background(Store& store) {
    const bool late = store.backlog().is_too_long();
    if (!coordinator.is_loaded() && !late) return Status::ok();
    ++counters.put_off;
    return {Code::resource_exhausted, node + " has too much to do for what can wait"};
  }

  Executor& executor;
  const std::string node;  ///< this node's id
  ReplicaCounters& counters;
  Replica replica;
  HintStore hints;
  HintDelivery delivery;
  Coordinator coordinator;
  std::unique_ptr<AntiEntropy> anti_entropy;
  std::unique_ptr<Sifter> sifter;
  std::unique_ptr<CollectionMember> collections;
  std::unique_ptr<Collector> collector;
};

/// Runs `task` on the executor's loop: at once when that is this one, else by one hop.
template <typename F>
void run_on(Executor& executor, F task) {
  if (executor.here()) return task();
  executor.post(std::move(task));
}

}  // namespace stator
