#include "kernel/healing/partition_trees.h"

namespace stator {

PartitionTrees::~PartitionTrees() {
  for (Slot& slot : slots_) std::unique_ptr<MerkleTree>(slot.tree.load());
}

void PartitionTrees::change(Partition partition, BytesView key, std::uint64_t before, std::uint64_t after) {
  Slot& slot = slots_[partition];
  MerkleTree* tree = slot.tree.load(std::memory_order_relaxed);
  if (tree == nullptr) {
    tree = std::make_unique<MerkleTree>().release();
    slot.tree.store(tree, std::memory_order_release);
  }
  tree->change(key_hash(key), before, after);
  slot.heat.store(slot.heat.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void PartitionTrees::reset(Partition partition) {
  Slot& slot = slots_[partition];
  slot.built.store(false, std::memory_order_release);
  if (MerkleTree* tree = slot.tree.load(std::memory_order_relaxed)) tree->clear();
}

std::uint64_t PartitionTrees::root(Partition partition) const {
  const MerkleTree* held = tree(partition);
  return held == nullptr ? 0 : held->root();
}

std::uint64_t PartitionTrees::branch(Partition partition, unsigned branch) const {
  const MerkleTree* held = tree(partition);
  return held == nullptr ? 0 : held->branch(branch);
}

std::uint64_t PartitionTrees::leaf(Partition partition, unsigned leaf) const {
  const MerkleTree* held = tree(partition);
  return held == nullptr ? 0 : held->leaf(leaf);
}

}  // namespace stator
