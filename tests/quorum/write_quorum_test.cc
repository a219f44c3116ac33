#include "kernel/quorum/write_quorum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace stator {
namespace {

struct Event {
  std::size_t node = 0;
  bool ack = false;
};

/// What must be decided after these events, by counting sets of nodes and nothing else.
Decision expected(const std::vector<Event>& events, std::size_t n, std::size_t required) {
  std::set<std::size_t> acked;
  std::set<std::size_t> failed;
  for (const Event& event : events) {
    if (event.node >= n) continue;  // not one of the replicas
    (event.ack ? acked : failed).insert(event.node);
  }
  if (acked.size() >= required) return Decision::reached;
  for (std::size_t node : acked) failed.erase(node);
  return n - failed.size() < required ? Decision::impossible : Decision::pending;
}

std::string describe(const std::vector<Event>& events) {
  std::string text;
  for (const Event& event : events) text += (event.ack ? " ack " : " fail ") + std::to_string(event.node);
  return text;
}

/// Any quorum over every sequence of up to `length` answers of n replicas and a stranger, in every order, with
/// repetitions: the first sequence after which it decides wrongly, or nothing.
template <typename Quorum>
std::string first_mistake(std::size_t n, std::size_t required, std::size_t length, std::vector<Event>& events) {
  std::vector<std::size_t> replicas;
  for (std::size_t node = 0; node < n; ++node) replicas.push_back(node);
  Quorum quorum(replicas, required);
  for (const Event& event : events) event.ack ? quorum.add_ack(event.node) : quorum.add_failure(event.node);
  if (quorum.decision() != expected(events, n, required)) return describe(events);
  if (events.size() == length) return {};
  for (std::size_t node = 0; node <= n; ++node) {
    for (bool ack : {true, false}) {
      events.push_back({node, ack});
      std::string mistake = first_mistake<Quorum>(n, required, length, events);
      events.pop_back();
      if (!mistake.empty()) return mistake;
    }
  }
  return {};
}

template <typename Quorum>
std::string first_mistake_up_to_four() {
  for (std::size_t n = 1; n <= 4; ++n) {
    for (std::size_t required = 1; required <= n; ++required) {
      std::vector<Event> events;
      const std::size_t length = n == 4 ? 5 : n + 2;
      std::string mistake = first_mistake<Quorum>(n, required, length, events);
      if (!mistake.empty()) return "n " + std::to_string(n) + " w " + std::to_string(required) + ":" + mistake;
    }
  }
  return {};
}

TEST(WriteQuorum, IsReachedByThatManyDistinctNodesAndImpossibleExactlyWhenTooFewAreLeft) {
  EXPECT_EQ(first_mistake_up_to_four<WriteQuorum>(), "");
}

TEST(WriteQuorum, IsCompleteWhenEveryReplicaHasAnswered) {
  WriteQuorum quorum({4, 7}, 1);
  quorum.add_ack(4);
  EXPECT_FALSE(quorum.complete());
  EXPECT_EQ(quorum.acked(), 1u);
  quorum.add_failure(7);
  EXPECT_TRUE(quorum.complete());
}

TEST(WriteQuorum, AnAckOutlivesALaterFailureAndALateAckAnEarlierFailure) {
  WriteQuorum quorum({0, 1}, 2);
  quorum.add_ack(0);
  quorum.add_failure(0);
  EXPECT_EQ(quorum.decision(), Decision::pending);
  quorum.add_failure(1);
  EXPECT_EQ(quorum.decision(), Decision::impossible);
  quorum.add_ack(1);
  EXPECT_EQ(quorum.decision(), Decision::reached);
}

TEST(WriteQuorum, OfMoreThanThereAreReplicasIsImpossible) {
  EXPECT_EQ(WriteQuorum({0}, 2).decision(), Decision::impossible);
}

/// The liar: answers are counted, whoever gave them.
class CountsAnswers {
 public:
  CountsAnswers(const std::vector<std::size_t>& replicas, std::size_t required)
      : n_(replicas.size()), required_(required) {}
  void add_ack(std::size_t node) { acks_ += node < n_ ? 1 : 0; }
  void add_failure(std::size_t node) { failures_ += node < n_ ? 1 : 0; }
  Decision decision() const {
    if (acks_ >= required_) return Decision::reached;
    return n_ < failures_ + required_ ? Decision::impossible : Decision::pending;
  }

 private:
  std::size_t n_;
  std::size_t required_;
  std::size_t acks_ = 0;
  std::size_t failures_ = 0;
};

TEST(WriteQuorumLiar, OneReplicaCountedTwiceIsCaught) { EXPECT_NE(first_mistake_up_to_four<CountsAnswers>(), ""); }

TEST(WriteQuorum, ForWantOfRoomIsOnlyWhatRoomWouldMend) {
  WriteQuorum one_full({0, 1, 2}, 3);
  EXPECT_FALSE(one_full.lacks_room_alone());
  one_full.add_ack(0);
  one_full.add_full(1);
  EXPECT_EQ(one_full.decision(), Decision::impossible);
  EXPECT_TRUE(one_full.lacks_room_alone()) << "the third may yet acknowledge";
  one_full.add_failure(2);
  EXPECT_FALSE(one_full.lacks_room_alone()) << "with room it would have missed its quorum too";

  WriteQuorum two_full({0, 1, 2}, 2);
  two_full.add_full(0);
  two_full.add_failure(1);
  EXPECT_EQ(two_full.decision(), Decision::impossible);
  EXPECT_TRUE(two_full.lacks_room_alone());
  WriteQuorum failed({0, 1, 2}, 2);
  failed.add_failure(0);
  failed.add_failure(1);
  EXPECT_FALSE(failed.lacks_room_alone());
}

TEST(WriteQuorum, AFullPrimaryIsStoodInForAtOnce) {
  WriteQuorum quorum({{0, 1, 2}, {3}, {}, 0}, 3);
  EXPECT_EQ(quorum.next_actions(), (std::vector<WriteAction>{{1, 1}, {2, 2}}));
  quorum.add_full(1);
  EXPECT_EQ(quorum.next_actions(), (std::vector<WriteAction>{{3, 1}}));
  quorum.add_ack(0);
  quorum.add_ack(2);
  quorum.add_ack(3);
  EXPECT_EQ(quorum.decision(), Decision::reached);
}

}  // namespace
}  // namespace stator
