#include "kernel/healing/shared_trees.h"

#include <algorithm>
#include <iterator>

namespace stator {
namespace {

constexpr std::size_t kMostChildren = 4096;

}  // namespace

bool SharedTrees::shared(Partition partition) const {
  const std::vector<std::string>& holders = placement_.holders(partition);
  return std::find(holders.begin(), holders.end(), one_) != holders.end() &&
         std::find(holders.begin(), holders.end(), other_) != holders.end();
}

std::vector<Partition> SharedTrees::shared_in(std::uint32_t group) const {
  std::vector<Partition> found;
  const std::size_t end = std::min<std::size_t>((std::size_t{group} + 1) * kGroup, placement_.primaries.size());
  for (std::size_t p = std::size_t{group} * kGroup; p < end; ++p) {
    if (shared(static_cast<Partition>(p))) found.push_back(static_cast<Partition>(p));
  }
  return found;
}

std::uint64_t SharedTrees::group(std::uint32_t group) const { return hash_of(shared_in(group)); }

std::uint64_t SharedTrees::hash_of(const std::vector<Partition>& shared) const {
  std::uint64_t all = 0;
  for (Partition partition : shared) all ^= entry_hash(partition, trees_.root(partition));
  return all;
}

// After what was read of their trees: a partition is put in doubt before it loses anything.
void SharedTrees::add_unsure(TreeReply& reply, const std::vector<Partition>& partitions) const {
  std::copy_if(partitions.begin(), partitions.end(), std::back_inserter(reply.unsure),
               [this](Partition partition) { return !repair_.keyspace.vouches_for(partition); });
}

void SharedTrees::add_child(TreeReply& reply, std::uint32_t child, std::uint64_t hash) const {
  if (hash == 0) return;
  reply.children.push_back(child);
  reply.hashes.push_back(hash);
}

void SharedTrees::answer_group(TreeReply& reply, std::uint32_t group, const std::vector<Partition>& shared) const {
  reply.differing.push_back(group);
  for (Partition partition : shared) {
    if (!repair_.comparable(partition)) {
      reply.unready.push_back(partition);
    } else {
      add_child(reply, partition, trees_.root(partition));
    }
  }
}

void SharedTrees::answer_partition(TreeReply& reply, std::uint32_t partition) const {
  const auto number = static_cast<Partition>(partition);
  if (!repair_.comparable(number)) return reply.unready.push_back(partition);
  for (unsigned branch = 0; branch < MerkleTree::kBranches; ++branch)
    add_child(reply, partition * MerkleTree::kBranches + branch, trees_.branch(number, branch));
  add_unsure(reply, {number});
}

void SharedTrees::answer_branch(TreeReply& reply, std::uint32_t branch) const {
  const auto partition = static_cast<Partition>(branch / MerkleTree::kBranches);
  const unsigned first = branch % MerkleTree::kBranches * MerkleTree::kFan;
  for (unsigned leaf = first; leaf < first + MerkleTree::kFan; ++leaf)
    add_child(reply, std::uint32_t{partition} * MerkleTree::kLeaves + leaf, trees_.leaf(partition, leaf));
}

TreeReply SharedTrees::answer(const TreeRequest& request) const {
  TreeReply reply;
  const auto groups_count = groups();
  for (std::size_t i = 0; i < request.nodes.size() && reply.children.size() < kMostChildren; ++i) {
    const std::uint32_t node = request.nodes[i];
    ++reply.answered;
    switch (request.level) {
      case TreeLevel::groups: {
        if (node >= groups_count) break;
        const std::vector<Partition> held = shared_in(node);
        const bool ready = std::all_of(held.begin(), held.end(), [&](Partition p) { return repair_.comparable(p); });
        if (!ready || hash_of(held) != request.hashes[i]) answer_group(reply, node, held);
        add_unsure(reply, held);
        break;
      }
      case TreeLevel::partitions:
        if (node < trees_.partitions()) answer_partition(reply, node);
        break;
      case TreeLevel::branches:
        if (node / MerkleTree::kBranches < trees_.partitions()) answer_branch(reply, node);
        break;
    }
  }
  return reply;
}

}  // namespace stator
