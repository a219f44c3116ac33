#pragma once

#include <memory>
#include <utility>

#include "kernel/coordinator/coordinator.h"
#include "kernel/healing/anti_entropy.h"
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
    const ContextTokens& tokens;
    Coordinator::RepairOwn repair_own;
  };
  Shard(Parts parts, const Coordinator::Options& options)
      : executor(parts.executor),
        replica(options.node, parts.executor, parts.stamps, parts.counters),
        coordinator({parts.executor, replica, parts.links, parts.tokens, parts.stamps, std::move(parts.repair_own)},
                    options) {}

  Executor& executor;
  Replica replica;
  Coordinator coordinator;
  std::unique_ptr<AntiEntropy> anti_entropy;
};

/// Runs `task` on the executor's loop: at once when that is this one, else by one hop.
template <typename F>
void run_on(Executor& executor, F task) {
  if (executor.here()) return task();
  executor.post(std::move(task));
}

}  // namespace stator
