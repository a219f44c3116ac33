#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernel/healing/merkle_tree.h"
#include "kernel/ring/token.h"

namespace stator {

/// The trees of one keyspace on this node, one a partition: 16 bytes for each partition of the grid, and 512 more for
/// each that holds anything. A partition's tree is changed on the loop that owns it alone; everybody may read.
class PartitionTrees {
 public:
  explicit PartitionTrees(int partition_bits) : slots_(std::size_t{1} << partition_bits) {}
  ~PartitionTrees();
  PartitionTrees(const PartitionTrees&) = delete;
  PartitionTrees& operator=(const PartitionTrees&) = delete;

  std::size_t partitions() const { return slots_.size(); }

  /// A key's copy had one digest and has another now; 0: no record. [owning loop]
  void change(Partition partition, BytesView key, std::uint64_t before, std::uint64_t after);
  /// The tree is empty and unbuilt again. [owning loop]
  void reset(Partition partition);
  /// From here on the tree says what is stored. [owning loop]
  void set_built(Partition partition) { slots_[partition].built.store(true, std::memory_order_release); }

  /// Whether the tree tells the truth. [any-thread]
  bool built(Partition partition) const { return slots_[partition].built.load(std::memory_order_acquire); }
  /// Zero where nothing is stored. [any-thread]
  std::uint64_t root(Partition partition) const;
  std::uint64_t branch(Partition partition, unsigned branch) const;
  std::uint64_t leaf(Partition partition, unsigned leaf) const;

  /// Changes of the partition since it was last found equal somewhere: how hot it is. [any-thread]
  std::uint32_t heat(Partition partition) const { return slots_[partition].heat.load(std::memory_order_relaxed); }
  void cool(Partition partition) { slots_[partition].heat.store(0, std::memory_order_relaxed); }

 private:
  struct Slot {
    std::atomic<MerkleTree*> tree{nullptr};  // owned
    std::atomic<std::uint32_t> heat{0};
    std::atomic<bool> built{false};
  };
  const MerkleTree* tree(Partition partition) const { return slots_[partition].tree.load(std::memory_order_acquire); }

  std::vector<Slot> slots_;
};

}  // namespace stator
