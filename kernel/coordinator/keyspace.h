#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernel/healing/authority.h"
#include "kernel/replica/store.h"
#include "kernel/ring/token.h"
#include "stator/datatype.h"
#include "stator/host.h"
#include "stator/requests.h"
#include "stator/resolver.h"

namespace stator {

/// What a keyspace promises and allows.
struct KeyspaceRules {
  std::string name;
  int n = 3;
  int r = 2;
  int w = 2;
  int min_r = 1;
  int min_w = 1;
  std::size_t max_siblings = 100;
  std::uint64_t max_value_bytes = 8 << 20;
  std::chrono::milliseconds timeout{1000};
  bool sloppy = true;  ///< a primary that is down is stood in for by the next node of the ring
  std::chrono::milliseconds hint_window{std::chrono::hours(3)};  ///< a hint that is older is left to anti-entropy
  std::uint64_t hint_bytes = 128 << 20;                          ///< of hints for one target; what is above it too
  std::chrono::milliseconds tombstone_grace{std::chrono::hours(1)};
  bool collapse = false;  ///< clients see the resolver's winner alone; the rest goes with the next write
};

/// The preference list of every partition, worked out once for a ring and an n: node ids, in order. Immutable, shared
/// by loops.
struct Placement {
  int partition_bits = 12;
  std::vector<std::vector<std::string>> primaries;  ///< by partition
  std::vector<std::vector<std::string>> standbys;   ///< by partition: all other nodes, in the order they stand in

  const std::vector<std::string>& holders(Partition partition) const { return primaries[partition]; }
  const std::vector<std::string>& fallbacks(Partition partition) const { return standbys[partition]; }
};

/// A keyspace as the loops of one node use it. Outlives them; nothing in it changes while they run but the placement,
/// which is swapped whole.
struct Keyspace {
  using Resolve = std::function<Result<Resolution>(BytesView key, std::span<const Version> siblings)>;

  KeyspaceRules rules;
  std::uint16_t id = 0;  ///< in its store's keys
  Store* store = nullptr;
  Resolve resolve;                                          ///< fails when the plugin threw
  const DataType* datatype = nullptr;                       ///< null: keys hold values, which `resolve` resolves
  std::string kind = "register";                            ///< what its stored bytes mean; or "datatype NAME"
  std::unique_ptr<Authority> authority;                     ///< null: never in doubt
  std::atomic<std::shared_ptr<const Placement>> placement;  // shared: a request keeps the one it began with

  std::shared_ptr<const Placement> current_placement() const { return placement.load(); }
  /// Whether this node's copies count, if it holds a replica of the partition.
  bool speaks_for(Partition partition) const { return authority == nullptr || authority->speaks_for(partition); }
  /// Whether being equal with them proves anything.
  bool vouches_for(Partition partition) const { return authority == nullptr || authority->vouches_for(partition); }
  /// Whether they count for a read, which is refused if not.
  bool answers(Partition partition) const { return authority == nullptr || authority->answers(partition); }
};

}  // namespace stator
