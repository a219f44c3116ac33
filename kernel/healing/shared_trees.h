#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernel/coordinator/keyspace.h"
#include "kernel/healing/repair_keyspace.h"
#include "kernel/healing/tree_messages.h"

namespace stator {

/// The trees of the partitions that two nodes both hold, as this node has them; above the partitions stand groups of
/// 64. A view: all it names outlives it. [any-thread]
class SharedTrees {
 public:
  static constexpr unsigned kGroup = 64;

  SharedTrees(const RepairKeyspace& repair, const Placement& placement, std::string_view one, std::string_view other)
      : repair_(repair), trees_(repair.trees), placement_(placement), one_(one), other_(other) {}

  std::uint32_t groups() const { return static_cast<std::uint32_t>((trees_.partitions() + kGroup - 1) / kGroup); }
  /// Whether both hold it.
  bool shared(Partition partition) const;
  std::vector<Partition> shared_in(std::uint32_t group) const;
  /// Over the group's shared partitions; 0 if it has none. A tree that is not built counts as what it is.
  std::uint64_t group(std::uint32_t group) const;

  /// What this node answers. Never more than about 64 KiB of it.
  TreeReply answer(const TreeRequest& request) const;

 private:
  void add_unsure(TreeReply& reply, const std::vector<Partition>& partitions) const;
  void add_child(TreeReply& reply, std::uint32_t child, std::uint64_t hash) const;
  std::uint64_t hash_of(const std::vector<Partition>& shared) const;
  void answer_group(TreeReply& reply, std::uint32_t group, const std::vector<Partition>& shared) const;
  void answer_partition(TreeReply& reply, std::uint32_t partition) const;
  void answer_branch(TreeReply& reply, std::uint32_t branch) const;

  const RepairKeyspace& repair_;
  const PartitionTrees& trees_;
  const Placement& placement_;
  const std::string_view one_;
  const std::string_view other_;
};

}  // namespace stator
