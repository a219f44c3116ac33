#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "kernel/coordinator/keyspace.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/healing/byte_budget.h"
#include "kernel/healing/cpu_share.h"
#include "kernel/healing/repair_counters.h"
#include "kernel/replica/replica.h"
#include "kernel/seams/executor.h"
#include "kernel/seams/peer_links.h"
#include "kernel/seams/stamps.h"
#include "stator/task.h"

namespace stator {

/// A record on its way into this node's own copy.
struct RepairCopy {
  Partition partition = 0;
  Bytes key;
  Replica::Arrival arrival;
};

/// What a comparison with a peer works with on its loop. All it names outlives it.
struct RepairTools {
  /// Merges a record into this node's own copy, on the loop that owns the key; `done` comes on the calling loop.
  using MergeOwn = std::function<void(Keyspace&, RepairCopy, Replica::Merged done)>;

  /// A partition was found equal with a peer's while this node's copies of it did not count.
  using Equal = std::function<void(Keyspace&, Partition, const Equality& found)>;

  Executor& executor;
  const Replica& replica;  ///< to read durable copies, of whatever loop
  PeerLinks& links;
  Stamps& stamps;
  MergeOwn merge_own;
  Equal equal;
  RepairCounters& counters;
  ByteBudget& budget;
  CpuShare& cpu;
};

/// The line to one peer that anti-entropy talks over: waits for the budget, and counts. [its loop]
class RepairLine {
 public:
  using Encode = UniqueFunction<Frame(const PeerRequestHead& head, TimePoint now)>;

  RepairLine(const RepairTools& tools, std::string peer) : tools_(tools), peer_(std::move(peer)) {}

  const std::string& peer() const { return peer_; }
  /// Sends when the loop has rested and as soon as the budget allows; `done` comes once, never inside the call. What
  /// it does counts as work of anti-entropy's.
  void ask(const char* method, Encode encode, PeerLinks::Done done);
  /// Asked, and neither answered nor failed.
  std::size_t under_way() const { return under_way_; }

 private:
  void ask_rested(const char* method, Encode encode, PeerLinks::Done done);
  void send(const char* method, Encode encode, PeerLinks::Done done);
  void spend(std::size_t bytes);

  const RepairTools& tools_;
  const std::string peer_;
  std::size_t under_way_ = 0;
};

}  // namespace stator
