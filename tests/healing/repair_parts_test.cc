#include <gtest/gtest.h>

#include "kernel/healing/byte_budget.h"
#include "kernel/healing/partition_leases.h"
#include "kernel/healing/repair_order.h"
#include "kernel/healing/shared_trees.h"
#include "kernel/healing/tree_messages.h"
#include "kernel/healing/verified_table.h"

namespace stator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kNow{std::chrono::hours(1)};

TEST(ByteBudget, KeepsToItsRateHoweverMuchIsSpentAtOnce) {
  ByteBudget budget(1000);
  EXPECT_EQ(budget.wait(kNow), Duration(0));
  budget.spend(2100, kNow);  // a hundred were there
  EXPECT_GE(budget.wait(kNow), milliseconds(1999));
  EXPECT_LE(budget.wait(kNow), milliseconds(2001));
  EXPECT_EQ(budget.wait(kNow + milliseconds(2001)), Duration(0));
}

TEST(ByteBudget, SavesUpNoMoreThanATenthOfASecond) {
  ByteBudget budget(1000);
  budget.spend(1, kNow);
  budget.spend(101, kNow + seconds(100));
  EXPECT_GT(budget.wait(kNow + seconds(100)), Duration(0));
}

TEST(PartitionLeases, GiveAPartitionToOnePeerUntilItLetsGoOrIsLate) {
  PartitionLeases leases(64);
  EXPECT_TRUE(leases.take(3, "node-b", kNow));
  EXPECT_TRUE(leases.take(3, "node-b", kNow));
  EXPECT_FALSE(leases.take(3, "node-c", kNow));
  EXPECT_TRUE(leases.take(4, "node-c", kNow));
  leases.release(3, "node-c");
  EXPECT_FALSE(leases.take(3, "node-c", kNow));
  leases.release(3, "node-b");
  EXPECT_TRUE(leases.take(3, "node-c", kNow));
  EXPECT_TRUE(leases.take(3, "node-b", kNow + seconds(2)));
}

/// Four partitions that differ from a peer's, of which nothing is known.
class RepairOrder : public ::testing::Test {
 protected:
  void write(Partition partition, int times) {
    for (int i = 0; i < times; ++i) trees_.change(partition, "k", 0, static_cast<std::uint64_t>(i) + 1);
  }
  std::vector<Partition> order() {
    std::vector<Partition> differing{0, 1, 2, 3};
    sort_for_repair(differing, peer_, trees_);
    return differing;
  }
  PartitionTrees trees_{2};
  VerifiedTable::Peer peer_{4};
};

TEST_F(RepairOrder, BeginsWithWhatHasDifferedLongest) {
  for (Partition partition : {0, 1, 2, 3}) peer_.note_difference(partition, kNow + seconds(partition == 2 ? 1 : 5));
  write(1, 100);
  peer_.note_equal(3, kNow - seconds(100));
  peer_.note_difference(3, kNow + seconds(3));
  EXPECT_EQ(order(), (std::vector<Partition>{2, 3, 1, 0}));
}

TEST_F(RepairOrder, ThenTakesWhatIsMostWritten) {
  for (Partition partition : {0, 1, 2, 3}) peer_.note_equal(partition, kNow - seconds(partition));
  for (Partition partition : {0, 1, 2, 3}) peer_.note_difference(partition, kNow);
  write(0, 3);
  write(1, 5);
  write(2, 1);
  EXPECT_EQ(order(), (std::vector<Partition>{1, 0, 2, 3}));
}

TEST_F(RepairOrder, ThenWhatWasEqualLongestAgo) {
  for (Partition partition : {0, 1, 2, 3}) peer_.note_equal(partition, kNow - seconds(partition == 1 ? 50 : partition));
  for (Partition partition : {0, 1, 2, 3}) peer_.note_difference(partition, kNow);
  EXPECT_EQ(order(), (std::vector<Partition>{1, 3, 2, 0}));
}

TEST(VerifiedTable, KeepsTheFirstMomentOfADifferenceAndTheLastOfEquality) {
  VerifiedTable table(64);
  VerifiedTable::Peer& peer = table.peer("node-b");
  EXPECT_EQ(peer.equal(3), TimePoint());
  peer.note_difference(3, kNow);
  peer.note_difference(3, kNow + seconds(1));
  EXPECT_EQ(peer.differs(3), kNow);
  peer.note_equal(3, kNow + seconds(2));
  EXPECT_EQ(peer.differs(3), TimePoint());
  EXPECT_EQ(peer.equal(3), kNow + seconds(2));
  EXPECT_EQ(table.peer("node-c").equal(3), TimePoint());
  EXPECT_EQ(&table.peer("node-b"), &peer);
}

/// Two nodes that share the even of 128 partitions.
class TwoNodes : public ::testing::Test {
 protected:
  TwoNodes() {
    placement_.partition_bits = 7;
    for (int partition = 0; partition < 128; ++partition) {
      placement_.primaries.push_back(partition % 2 == 0 ? std::vector<std::string>{"node-a", "node-b"}
                                                        : std::vector<std::string>{"node-a", "node-c"});
      one_.set_built(static_cast<Partition>(partition));
      other_.set_built(static_cast<Partition>(partition));
    }
  }
  SharedTrees one() const { return {one_repair_, placement_, "node-a", "node-b"}; }
  SharedTrees other() const { return {other_repair_, placement_, "node-b", "node-a"}; }
  TreeReply ask(TreeLevel level, std::vector<std::uint32_t> nodes) const {
    TreeRequest request{"default", level, std::move(nodes), {}};
    if (level == TreeLevel::groups) {
      for (std::uint32_t group : request.nodes) request.hashes.push_back(one().group(group));
    }
    return other().answer(request);
  }

  Placement placement_;
  Keyspace keyspace_;
  RepairKeyspace one_repair_{keyspace_, 7};
  RepairKeyspace other_repair_{keyspace_, 7};
  PartitionTrees& one_ = one_repair_.trees;
  PartitionTrees& other_ = other_repair_.trees;
};

TEST_F(TwoNodes, EqualGroupsAreAnsweredWithNothing) {
  one_.change(4, "k", 0, 1);
  other_.change(4, "k", 0, 1);
  const TreeReply reply = ask(TreeLevel::groups, {0, 1});
  EXPECT_EQ(reply.answered, 2u);
  EXPECT_TRUE(reply.differing.empty());
  EXPECT_TRUE(reply.children.empty());
}

TEST_F(TwoNodes, WhatTheyDoNotShareIsNotCompared) {
  one_.change(5, "k", 0, 1);
  EXPECT_TRUE(ask(TreeLevel::groups, {0}).differing.empty());
}

TEST_F(TwoNodes, ADifferenceIsFoundLevelByLevel) {
  one_.change(70, "k", 0, 1);
  other_.change(70, "k", 0, 2);
  const unsigned leaf = MerkleTree::leaf_of(key_hash("k"));
  const TreeReply groups = ask(TreeLevel::groups, {0, 1});
  EXPECT_EQ(groups.differing, std::vector<std::uint32_t>{1});
  EXPECT_EQ(groups.children, std::vector<std::uint32_t>{70});
  EXPECT_EQ(groups.hashes, std::vector<std::uint64_t>{other_.root(70)});
  const TreeReply branches = ask(TreeLevel::partitions, {70});
  EXPECT_EQ(branches.children, std::vector<std::uint32_t>{70 * 8 + leaf / 8});
  const TreeReply leaves = ask(TreeLevel::branches, branches.children);
  EXPECT_EQ(leaves.children, std::vector<std::uint32_t>{70 * 64 + leaf});
  EXPECT_EQ(leaves.hashes, std::vector<std::uint64_t>{other_.leaf(70, leaf)});
}

// Two empty trees are equal, but one that is not made yet only looks empty.
TEST_F(TwoNodes, ATreeThatIsNotBuiltIsSaidToBeUnready) {
  other_.reset(70);
  const TreeReply groups = ask(TreeLevel::groups, {1});
  EXPECT_EQ(groups.differing, std::vector<std::uint32_t>{1});
  EXPECT_EQ(groups.unready, std::vector<std::uint32_t>{70});
  EXPECT_EQ(ask(TreeLevel::partitions, {70}).unready, std::vector<std::uint32_t>{70});
}

// Also where nothing differs, nor is anything there: it is equality that proves nothing then.
TEST_F(TwoNodes, WhoeverIsInDoubtSaysSoOfEachPartitionItIsAskedAbout) {
  keyspace_.authority = std::make_unique<Authority>(128);
  keyspace_.authority->lose({70, 71, 4}, TimePoint());
  EXPECT_EQ(ask(TreeLevel::groups, {1}).unsure, std::vector<std::uint32_t>{70}) << "71 is not shared";
  EXPECT_EQ(ask(TreeLevel::groups, {0, 1}).unsure, (std::vector<std::uint32_t>{4, 70}));
  EXPECT_EQ(ask(TreeLevel::partitions, {68, 70}).unsure, std::vector<std::uint32_t>{70});
  for (const Authority::Standing standing : {Authority::Standing::unsure, Authority::Standing::held_back}) {
    keyspace_.authority->stand(standing);
    EXPECT_EQ(ask(TreeLevel::groups, {1}).unsure.size(), 32u) << "it does not know yet whether to be";
  }
}

TEST_F(TwoNodes, NumbersThatNameNothingAreAnsweredWithNothing) {
  const TreeReply groups = ask(TreeLevel::groups, {9});
  EXPECT_EQ(groups.answered, 1u);
  EXPECT_TRUE(groups.differing.empty());
  EXPECT_TRUE(ask(TreeLevel::partitions, {1'000'000}).children.empty());
  EXPECT_TRUE(ask(TreeLevel::branches, {UINT32_MAX}).children.empty());
}

TEST(TreeMessages, ComeBackAsTheyWent) {
  const PeerRequestHead head{kNow + seconds(1), ""};
  const TreeRequest tree{"carts", TreeLevel::groups, {3, 4}, {7, 0}};
  const Result<PeerRequestMessage> carried = decode_peer_request(*encode_tree_request(tree, head, kNow), kNow);
  ASSERT_TRUE(carried.is_ok());
  const Result<TreeRequest> read = decode_tree_request(std::get<TreeQuestion>(carried->body).message);
  ASSERT_TRUE(read.is_ok());
  EXPECT_EQ(read->keyspace, "carts");
  EXPECT_EQ(read->nodes, tree.nodes);
  EXPECT_EQ(read->hashes, tree.hashes);

  const LeafRequest leaves{"carts", {{300, 5, {}}, {301, 0, {8, 9}}}};
  const Result<PeerRequestMessage> other = decode_peer_request(*encode_leaf_request(leaves, head, kNow), kNow);
  ASSERT_TRUE(other.is_ok());
  const Result<LeafRequest> questions = decode_leaf_request(std::get<LeavesQuestion>(other->body).message);
  ASSERT_TRUE(questions.is_ok());
  ASSERT_EQ(questions->leaves.size(), 2u);
  EXPECT_EQ(questions->leaves[0].from, 5u);
  EXPECT_EQ(questions->leaves[1].wanted, (std::vector<std::uint64_t>{8, 9}));

  const Result<TreeReply> tree_reply = decode_tree_reply(*encode_tree_reply({2, {1}, {70}, {9}, {71}, {72}}));
  ASSERT_TRUE(tree_reply.is_ok());
  EXPECT_EQ(tree_reply->answered, 2u);
  EXPECT_EQ(tree_reply->children, std::vector<std::uint32_t>{70});
  EXPECT_EQ(tree_reply->unready, std::vector<std::uint32_t>{71});
  EXPECT_EQ(tree_reply->unsure, std::vector<std::uint32_t>{72});

  const Result<LeafReply> leaf_reply =
      decode_leaf_reply(*encode_leaf_reply({{{300, {{1, Stamp{2}}}, 3}}, {{"k", "record"}}, {4}, {5}}));
  ASSERT_TRUE(leaf_reply.is_ok());
  EXPECT_EQ(leaf_reply->leaves[0].entries[0].newest, Stamp{2});
  EXPECT_EQ(leaf_reply->leaves[0].next, 3u);
  EXPECT_EQ(leaf_reply->records[0].record, "record");
  EXPECT_EQ(leaf_reply->busy, std::vector<std::uint32_t>{4});
  EXPECT_EQ(leaf_reply->unsure, std::vector<std::uint32_t>{5});
}

TEST(TreeMessages, AFailureAndNonsenseAreNoReplies) {
  const Frame failure = encode_peer_failure({Status(Code::resource_exhausted, "busy"), {}, {}});
  EXPECT_EQ(decode_tree_reply(*failure).status().code(), Code::resource_exhausted);
  EXPECT_EQ(decode_leaf_reply(*failure).status().code(), Code::resource_exhausted);
  EXPECT_FALSE(decode_tree_reply(*encode_put_reply(1)).is_ok());
  EXPECT_FALSE(decode_tree_reply("\xff\xff").is_ok());
  EXPECT_FALSE(decode_tree_request("\xff\xff").is_ok());
  EXPECT_FALSE(decode_leaf_request("\xff\xff").is_ok());
}

}  // namespace
}  // namespace stator
