#include "kernel/quorum/read_quorum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "kernel/causality/record_codec.h"

namespace stator {
namespace {

using Want = ReadAction::Want;

/// What a replica holds in these tests: nothing, or a record by its number. Records 1 and 2 are concurrent; 3 has
/// replaced 1.
Record record_of(int number) {
  Record record;
  if (number == 0) return record;
  Version version;
  version.dot = {{std::string(1, static_cast<char>('a' + number % 3)), Stamp::from_millis(1)}, 1};
  version.value = std::to_string(number);
  record.versions.push_back(version);
  record.context.add(version.dot);
  if (number == 3) record.context.add(record_of(1).versions[0].dot);
  return record;
}

ReplicaAnswer answer_of(int number, Want want) {
  if (number == 0) return {};
  const Record record = record_of(number);
  ReplicaAnswer answer{record_digest(encode_record(record)), {}};
  if (want == Want::record) answer.record = record;
  return answer;
}

/// One run of a quorum: who holds what, who fails, and what was asked and not yet answered.
struct Reading {
  ReadQuorum quorum;
  std::vector<int> held;  ///< by node: record number, or -1 for a node that fails
  std::vector<ReadAction> outstanding;
  std::set<std::pair<std::size_t, Want>> asked;
  std::set<std::size_t> counted;  ///< nodes whose answer arrived before the decision
  std::size_t hedges = 1;
  std::string mistake;

  Reading(std::vector<int> holds, std::size_t required)
      : quorum(indices(holds.size()), required), held(std::move(holds)) {
    advance();
  }

  static std::vector<std::size_t> indices(std::size_t n) {
    std::vector<std::size_t> all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = i;
    return all;
  }
  void advance() {
    for (const ReadAction& action : quorum.next_actions()) {
      if (!asked.insert({action.node, action.want}).second) mistake = "the same question twice";
      outstanding.push_back(action);
    }
  }
  void answer(std::size_t which) {
    const ReadAction action = outstanding[which];
    outstanding.erase(outstanding.begin() + static_cast<std::ptrdiff_t>(which));
    if (held[action.node] < 0) {
      quorum.add_failure(action.node);
    } else {
      counted.insert(action.node);
      quorum.add(action.node, answer_of(held[action.node], action.want));
    }
    advance();
  }
  void hedge() {
    --hedges;
    quorum.hedge();
    advance();
  }
};

Record merged_of(const std::vector<int>& numbers) {
  Record merged;
  for (int number : numbers) merged = merge(std::move(merged), record_of(number));
  return merged;
}

/// Whether a decided run decided rightly.
std::string judge(const Reading& run) {
  const auto working =
      static_cast<std::size_t>(std::count_if(run.held.begin(), run.held.end(), [](int held) { return held >= 0; }));
  if (run.quorum.decision() == Decision::impossible) {
    return working >= run.quorum.required() ? "impossible, though enough replicas work" : "";
  }
  if (run.counted.size() < run.quorum.required()) return "reached with too few distinct replicas";
  if (run.quorum.acked() < run.quorum.required()) return "reached, but too few are known";
  const Record merged = run.quorum.merged().value_or(Record());
  std::set<std::size_t> stale;
  std::size_t explained = 0;
  for (std::size_t node : run.counted) {
    const Record own = record_of(run.held[node]);
    explained += merge(merged, own) == merged ? 1 : 0;
    const bool asked_again = std::any_of(run.outstanding.begin(), run.outstanding.end(),
                                         [node](const ReadAction& action) { return action.node == node; });
    if (run.quorum.merged() && own != merged && !asked_again) stale.insert(node);
  }
  if (explained < run.quorum.required()) return "merged lacks a version of a replica that counts";
  const std::vector<std::size_t> named = run.quorum.stale();
  if (std::set<std::size_t>(named.begin(), named.end()) != stale)
    return "stale names others than the replicas that differ";
  return "";
}

std::string describe(const std::vector<int>& held, std::size_t required) {
  std::string text = "r " + std::to_string(required) + " held";
  for (int number : held) text += " " + std::to_string(number);
  return text + ": ";
}

/// Follows every order of answers, failures and one hedge from here on.
std::string explore(const Reading& run) {
  if (!run.mistake.empty()) return run.mistake;
  if (run.quorum.decision() != Decision::pending) return judge(run);
  if (run.outstanding.empty()) return "undecided, and nothing is asked";
  for (std::size_t which = 0; which < run.outstanding.size(); ++which) {
    Reading next = run;
    next.answer(which);
    std::string mistake = explore(next);
    if (!mistake.empty()) return mistake;
  }
  if (run.hedges == 0) return {};
  Reading hedged = run;
  hedged.hedge();
  return explore(hedged);
}

/// All contents of n replicas, each failing (-1), empty (0) or holding one of the records.
std::string explore_contents(std::vector<int>& held, std::size_t n, std::size_t required) {
  if (held.size() == n) {
    std::string mistake = explore(Reading(held, required));
    return mistake.empty() ? "" : describe(held, required) + mistake;
  }
  const int last = n == 4 ? 2 : 3;
  for (int number = -1; number <= last; ++number) {
    held.push_back(number);
    std::string mistake = explore_contents(held, n, required);
    held.pop_back();
    if (!mistake.empty()) return mistake;
  }
  return {};
}

class EveryOrder : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EveryOrder, EndsReachedOrImpossibleWithEveryVersionOfTheReplicasThatCount) {
  for (std::size_t required = 1; required <= GetParam(); ++required) {
    std::vector<int> held;
    EXPECT_EQ(explore_contents(held, GetParam(), required), "");
  }
}

INSTANTIATE_TEST_SUITE_P(ReadQuorum, EveryOrder, ::testing::Values(1, 2, 3, 4));

TEST(ReadQuorum, AsksOneForTheRecordAndTheOthersForDigests) {
  ReadQuorum quorum({5, 6, 7}, 2);
  EXPECT_EQ(quorum.next_actions(), (std::vector<ReadAction>{{5, Want::record}, {6, Want::digest}}));
  EXPECT_TRUE(quorum.next_actions().empty());
}

TEST(ReadQuorum, EqualDigestsNeedNoSecondRecord) {
  Reading run({1, 1, 1}, 2);
  run.answer(0);
  run.answer(0);
  EXPECT_EQ(run.quorum.decision(), Decision::reached);
  EXPECT_EQ(run.asked.size(), 2u);
  EXPECT_TRUE(run.quorum.stale().empty());
}

TEST(ReadQuorum, ADigestThatDiffersIsFetched) {
  Reading run({1, 2, 1}, 2);
  run.answer(0);
  run.answer(0);
  EXPECT_EQ(run.quorum.decision(), Decision::pending);
  ASSERT_EQ(run.outstanding, (std::vector<ReadAction>{{1, Want::record}}));
  run.answer(0);
  EXPECT_EQ(run.quorum.decision(), Decision::reached);
  EXPECT_EQ(*run.quorum.merged(), merged_of({1, 2}));
  EXPECT_EQ(run.quorum.stale(), (std::vector<std::size_t>{0, 1}));
}

TEST(ReadQuorum, NobodyHoldingTheKeyIsAnAnswerToo) {
  Reading run({0, 0, 1}, 2);
  run.answer(0);
  run.answer(0);
  EXPECT_EQ(run.quorum.decision(), Decision::reached);
  EXPECT_FALSE(run.quorum.merged().has_value());
}

TEST(ReadQuorum, ADuplicatedOrUnaskedAnswerCountsForNothing) {
  ReadQuorum quorum({0, 1, 2}, 2);
  static_cast<void>(quorum.next_actions());
  quorum.add(0, answer_of(1, Want::record));
  quorum.add(0, answer_of(1, Want::record));
  quorum.add(2, answer_of(1, Want::record));  // not asked yet
  quorum.add(9, answer_of(1, Want::record));  // no replica
  EXPECT_EQ(quorum.decision(), Decision::pending);
  EXPECT_EQ(quorum.acked(), 1u);
}

TEST(ReadQuorum, AFailedReplicaIsReplacedByTheNext) {
  Reading run({-1, 1, 1}, 2);
  run.answer(0);
  EXPECT_EQ(run.outstanding.back(), (ReadAction{2, Want::record}));
}

// When the one that was asked for its record is silent, digests of all others are worth nothing.
TEST(ReadQuorum, AHedgeAsksForTheRecordWhileNoneIsKnown) {
  Reading run({1, 1, 1}, 2);
  run.hedge();
  ASSERT_EQ(run.outstanding.back(), (ReadAction{2, Want::record}));
  run.answer(2);
  run.answer(1);
  EXPECT_EQ(run.quorum.decision(), Decision::reached);
}

TEST(ReadQuorum, AHedgeAsksForADigestOnceARecordIsKnown) {
  Reading run({1, 1, 1}, 2);
  run.answer(0);
  run.hedge();
  EXPECT_EQ(run.outstanding.back(), (ReadAction{2, Want::digest}));
}

TEST(ReadQuorum, OfMoreThanThereAreReplicasIsImpossible) {
  EXPECT_EQ(ReadQuorum({0}, 2).decision(), Decision::impossible);
}

}  // namespace
}  // namespace stator
