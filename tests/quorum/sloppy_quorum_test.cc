#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "kernel/quorum/write_quorum.h"

namespace stator {
namespace {

using Actions = std::vector<WriteAction>;

bool contains(const std::vector<std::size_t>& nodes, std::size_t node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

/// Three primaries, of which 0 coordinates, and the fallbacks 3 and 4.
WriteNodes five(std::vector<std::size_t> down = {}) { return {{0, 1, 2}, {3, 4}, std::move(down), 0}; }

TEST(SloppyQuorum, AsksThePrimariesAlone) {
  WriteQuorum quorum(five(), 2);
  EXPECT_EQ(quorum.next_actions(), (Actions{{1, 1}, {2, 2}}));
  EXPECT_TRUE(quorum.next_actions().empty());
}

TEST(SloppyQuorum, HasAFallbackStandInAtOnceForWhoSeemsDown) {
  WriteQuorum quorum(five({2}), 2);
  EXPECT_EQ(quorum.next_actions(), (Actions{{1, 1}, {2, 2}, {3, 2}}));
}

TEST(SloppyQuorum, HasTheNextStandInForWhoFails) {
  WriteQuorum quorum(five(), 3);
  quorum.next_actions();
  quorum.add_failure(1);
  EXPECT_EQ(quorum.next_actions(), (Actions{{3, 1}}));
  quorum.add_failure(3);
  EXPECT_EQ(quorum.next_actions(), (Actions{{4, 1}}));
  quorum.add_failure(4);
  EXPECT_TRUE(quorum.next_actions().empty());
  EXPECT_EQ(quorum.decision(), Decision::impossible);
}

TEST(SloppyQuorum, HasOneStandInForWhoIsLateOnlyWhileTheQuorumIsMissing) {
  WriteQuorum missing(five(), 2);
  missing.next_actions();
  missing.late();
  EXPECT_EQ(missing.next_actions(), (Actions{{3, 1}, {4, 2}}));
  WriteQuorum reached(five(), 2);
  reached.next_actions();
  reached.add_ack(0);
  reached.add_ack(1);
  reached.late();
  reached.add_failure(2);
  EXPECT_TRUE(reached.next_actions().empty());
  EXPECT_EQ(reached.missing(), std::vector<std::size_t>{2});
}

TEST(SloppyQuorum, CountsAPrimaryAndItsStandInOnce) {
  WriteQuorum quorum(five({2}), 3);
  quorum.next_actions();
  quorum.add_ack(0);
  quorum.add_ack(2);
  quorum.add_ack(3);
  EXPECT_EQ(quorum.acked(), 2u);
  EXPECT_EQ(quorum.decision(), Decision::pending);
}

TEST(SloppyQuorum, AFallbackThatCoordinatesStandsInForTheFirst) {
  WriteQuorum quorum({{0, 1, 2}, {3, 4}, {0, 1, 2}, 3}, 2);
  EXPECT_EQ(quorum.next_actions(), (Actions{{0, 0}, {1, 1}, {2, 2}, {4, 1}}));
  quorum.add_ack(3);
  quorum.add_ack(4);
  EXPECT_EQ(quorum.decision(), Decision::reached);
  for (std::size_t node : {0, 1, 2}) quorum.add_failure(node);
  EXPECT_TRUE(quorum.complete());
  EXPECT_EQ(quorum.missing(), std::vector<std::size_t>{2});
}

/// A write of any shape under any answers, and beside it what sets of nodes say about it.
struct AnyWrite {
  AnyWrite() {
    const auto n = *rc::gen::inRange<std::size_t>(1, 6);
    const auto fallbacks = *rc::gen::inRange<std::size_t>(0, 5);
    for (std::size_t node = 0; node < n; ++node) {
      nodes.primaries.push_back(node);
      if (*rc::gen::arbitrary<bool>()) nodes.down.push_back(node);
    }
    for (std::size_t node = n; node < n + fallbacks; ++node) nodes.standbys.push_back(node);
    nodes.coordinator = *rc::gen::inRange<std::size_t>(0, n + fallbacks);
    std::erase(nodes.down, nodes.coordinator);
    required = *rc::gen::inRange<std::size_t>(1, n + 1);
    quorum.emplace(nodes, required);
    target_of[nodes.coordinator] = nodes.coordinator < n ? nodes.coordinator : 0;
  }

  void take(const Actions& actions) {
    for (const WriteAction& action : actions) {
      RC_ASSERT(target_of.emplace(action.node, action.target).second);  // nobody twice, and not the coordinator
      RC_ASSERT(contains(nodes.primaries, action.target));
      RC_ASSERT(action.node == action.target || contains(nodes.standbys, action.node));
    }
  }
  void answer() {
    const std::size_t node = *rc::gen::inRange<std::size_t>(0, nodes.primaries.size() + nodes.standbys.size());
    if (!target_of.contains(node)) return;
    const bool ack = *rc::gen::arbitrary<bool>();
    if (ack) acked.insert(node);
    answered.insert(node);
    ack ? quorum->add_ack(node) : quorum->add_failure(node);
  }
  std::set<std::size_t> covered() const {
    std::set<std::size_t> targets;
    for (std::size_t node : acked) targets.insert(target_of.at(node));
    return targets;
  }

  WriteNodes nodes;
  std::size_t required = 0;
  std::optional<WriteQuorum> quorum;
  std::map<std::size_t, std::size_t> target_of;  // of everybody that was asked
  std::set<std::size_t> acked;
  std::set<std::size_t> answered;
};

RC_GTEST_PROP(SloppyQuorum, IsReachedByDistinctNodesInThePlaceOfDistinctPrimaries, ()) {
  AnyWrite write;
  const int events = *rc::gen::inRange(0, 30);
  for (int i = 0; i < events; ++i) {
    write.take(write.quorum->next_actions());
    if (*rc::gen::inRange(0, 8) == 0) write.quorum->late();
    write.answer();
    const std::set<std::size_t> covered = write.covered();
    RC_ASSERT(write.quorum->acked() == covered.size());
    RC_ASSERT(write.acked.size() >= covered.size());
    RC_ASSERT((write.quorum->decision() == Decision::reached) == (covered.size() >= write.required));
  }
}

RC_GTEST_PROP(SloppyQuorum, InTheEndNamesEveryPrimaryThatNobodyAnsweredFor, ()) {
  AnyWrite write;
  for (int i = 0; i < 200 && !(write.quorum->complete() && i > 100); ++i) {
    write.take(write.quorum->next_actions());
    write.answer();
  }
  const std::set<std::size_t> covered = write.covered();
  std::vector<std::size_t> missing;
  for (std::size_t node : write.nodes.primaries) {
    if (node != write.nodes.coordinator && !covered.contains(node)) missing.push_back(node);
  }
  RC_ASSERT(write.quorum->missing() == missing);
}

RC_GTEST_PROP(SloppyQuorum, IsImpossibleExactlyWhenNotEvenTheBestAnswersCouldReachIt, ()) {
  AnyWrite write;
  const int events = *rc::gen::inRange(0, 60);
  for (int i = 0; i < events; ++i) {
    write.take(write.quorum->next_actions());
    write.answer();
  }
  write.take(write.quorum->next_actions());
  std::set<std::size_t> hopeful = write.covered();
  for (const auto& [node, target] : write.target_of) {
    if (!write.answered.contains(node)) hopeful.insert(target);
  }
  std::size_t unasked = 0;
  for (std::size_t node : write.nodes.standbys) unasked += write.target_of.contains(node) ? 0 : 1;
  const std::size_t lost = write.nodes.primaries.size() - hopeful.size();
  const bool possible = hopeful.size() + std::min(lost, unasked) >= write.required;
  RC_ASSERT((write.quorum->decision() == Decision::impossible) == !possible);
}

}  // namespace
}  // namespace stator
