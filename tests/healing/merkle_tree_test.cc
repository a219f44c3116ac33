#include "kernel/healing/merkle_tree.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernel/healing/partition_trees.h"

namespace stator {
namespace {

using Contents = std::map<std::string, std::uint64_t>;  // key → digest

void build(MerkleTree& tree, const Contents& contents) {
  for (const auto& [key, digest] : contents) tree.change(key_hash(key), 0, digest);
}

bool equal(const MerkleTree& a, const MerkleTree& b) {
  for (unsigned leaf = 0; leaf < MerkleTree::kLeaves; ++leaf) {
    if (a.leaf(leaf) != b.leaf(leaf)) return false;
  }
  return a.root() == b.root();
}

Contents any_contents() {
  return *rc::gen::container<Contents>(rc::gen::arbitrary<std::string>(),
                                       rc::gen::inRange<std::uint64_t>(1, UINT64_MAX));
}

RC_GTEST_PROP(MerkleTree, OfEqualContentsIsEqualWhateverTheOrderAndTheWay, ()) {
  const Contents contents = any_contents();
  MerkleTree built;
  build(built, contents);
  // Another way there: through other digests, keys that go again, and in another order.
  MerkleTree travelled;
  std::vector<std::pair<std::string, std::uint64_t>> order(contents.begin(), contents.end());
  std::reverse(order.begin(), order.end());
  for (const auto& [key, digest] : order) travelled.change(key_hash(key), 0, digest / 2);
  const std::string passing = *rc::gen::arbitrary<std::string>();
  if (!contents.contains(passing)) travelled.change(key_hash(passing), 0, 7);
  for (const auto& [key, digest] : contents) travelled.change(key_hash(key), digest / 2, digest);
  if (!contents.contains(passing)) travelled.change(key_hash(passing), 7, 0);
  RC_ASSERT(equal(built, travelled));
}

RC_GTEST_PROP(MerkleTree, ShowsADifferenceAtEveryLevelAndNowhereElse, ()) {
  Contents contents = any_contents();
  const std::string key = *rc::gen::arbitrary<std::string>();
  contents[key] = 11;
  MerkleTree one;
  build(one, contents);
  const auto other_digest = *rc::gen::element<std::uint64_t>(0, 12);
  MerkleTree other;
  build(other, contents);
  other.change(key_hash(key), 11, other_digest);
  const unsigned where = MerkleTree::leaf_of(key_hash(key));
  RC_ASSERT(one.root() != other.root());
  for (unsigned branch = 0; branch < MerkleTree::kBranches; ++branch)
    RC_ASSERT((one.branch(branch) != other.branch(branch)) == (branch == where / MerkleTree::kFan));
  for (unsigned leaf = 0; leaf < MerkleTree::kLeaves; ++leaf)
    RC_ASSERT((one.leaf(leaf) != other.leaf(leaf)) == (leaf == where));
}

// Neither the keys nor the digests alone: which belongs to which counts.
TEST(MerkleTree, SeesTwoKeysThatSwapTheirRecords) {
  const std::string first = "first";
  std::string second;  // in the same leaf
  for (int i = 0; second.empty(); ++i) {
    const std::string tried = std::to_string(i);
    if (MerkleTree::leaf_of(key_hash(tried)) == MerkleTree::leaf_of(key_hash(first))) second = tried;
  }
  MerkleTree one;
  build(one, {{first, 1}, {second, 2}});
  MerkleTree other;
  build(other, {{first, 2}, {second, 1}});
  EXPECT_NE(one.root(), other.root());
}

TEST(PartitionTrees, AnEmptyPartitionCostsNoTreeAndHasZeroHashes) {
  PartitionTrees trees(6);
  EXPECT_EQ(trees.partitions(), 64u);
  EXPECT_EQ(trees.root(5), 0u);
  trees.change(5, "key", 0, 9);
  EXPECT_NE(trees.root(5), 0u);
  EXPECT_EQ(trees.root(6), 0u);
  trees.change(5, "key", 9, 0);
  EXPECT_EQ(trees.root(5), 0u);
}

TEST(PartitionTrees, IsUnbuiltUntilSomebodySaysSoAndAfterAReset) {
  PartitionTrees trees(6);
  EXPECT_FALSE(trees.built(5));
  trees.change(5, "key", 0, 9);
  trees.set_built(5);
  EXPECT_TRUE(trees.built(5));
  trees.reset(5);
  EXPECT_FALSE(trees.built(5));
  EXPECT_EQ(trees.root(5), 0u);
}

TEST(PartitionTrees, KnowsWhatIsHot) {
  PartitionTrees trees(6);
  trees.change(5, "key", 0, 9);
  trees.change(5, "key", 9, 8);
  EXPECT_EQ(trees.heat(5), 2u);
  trees.cool(5);
  EXPECT_EQ(trees.heat(5), 0u);
}

}  // namespace
}  // namespace stator
