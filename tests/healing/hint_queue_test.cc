#include "kernel/healing/hint_queue.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

constexpr TimePoint kNow{std::chrono::hours(1)};

HintId id(const Bytes& key) { return {7, "default", key}; }
HintFacts copy_of(std::uint64_t bytes, std::uint64_t since_ms = 1) { return {false, bytes, since_ms}; }

class Queue : public ::testing::Test {
 protected:
  void put(const Bytes& key, std::uint64_t bytes = 10, std::uint64_t since_ms = 1) {
    queue_.note(id(key), copy_of(bytes, since_ms));
    queue_.written(id(key));
  }
  Bytes next() {
    const auto due = queue_.next(kNow);
    return due ? due->id.key : "";
  }
  HintQueue queue_;
};

TEST_F(Queue, GivesEachHintOnceInTheOrderOfItsComing) {
  for (const char* key : {"b", "a", "c"}) put(key);
  EXPECT_EQ(next(), "b");
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(next(), "c");
  EXPECT_EQ(next(), "");
}

TEST_F(Queue, GivesNothingThatIsNotOnDiskYet) {
  queue_.note(id("a"), copy_of(1));
  queue_.note(id("a"), copy_of(1));
  EXPECT_EQ(next(), "");
  queue_.written(id("a"));
  EXPECT_EQ(next(), "");
  queue_.written(id("a"));
  EXPECT_EQ(next(), "a");
}

TEST_F(Queue, KnowsWhenTheFirstThatRestsMayBeSent) {
  EXPECT_EQ(queue_.next_at(), std::nullopt);
  queue_.note(id("writing"), copy_of(1));
  EXPECT_EQ(queue_.next_at(), std::nullopt);
  for (const char* key : {"a", "b"}) put(key);
  EXPECT_LE(queue_.next_at(), kNow);
  EXPECT_EQ(next(), "a");
  EXPECT_EQ(next(), "b");
  EXPECT_EQ(queue_.next_at(), std::nullopt);
  queue_.failed(id("a"), kNow + std::chrono::seconds(30));
  queue_.failed(id("b"), kNow + std::chrono::seconds(20));
  EXPECT_EQ(queue_.next_at(), kNow + std::chrono::seconds(20));
  queue_.drop(id("b"));
  EXPECT_EQ(queue_.next_at(), kNow + std::chrono::seconds(30));
}

TEST_F(Queue, ADeliveredHintLeaves) {
  put("a");
  const auto due = queue_.next(kNow);
  EXPECT_TRUE(queue_.delivered(due->id, due->generation));
  EXPECT_EQ(queue_.size(), 0u);
  EXPECT_EQ(queue_.bytes(), 0u);
  EXPECT_FALSE(queue_.any_for(7));
}

TEST_F(Queue, AHintThatHasChangedSinceStaysAndIsGivenAgain) {
  put("a");
  const auto due = queue_.next(kNow);
  put("a");
  EXPECT_EQ(next(), "");
  EXPECT_FALSE(queue_.delivered(due->id, due->generation));
  EXPECT_EQ(queue_.size(), 1u);
  EXPECT_EQ(next(), "a");
}

TEST_F(Queue, AFailedHintIsGivenAgainWhenItsTimeHasCome) {
  put("a");
  EXPECT_EQ(next(), "a");
  queue_.failed(id("a"), kNow + std::chrono::seconds(1));
  EXPECT_EQ(next(), "");
  EXPECT_TRUE(queue_.next(kNow + std::chrono::seconds(1)).has_value());
}

TEST_F(Queue, ACopyStaysACopyWhateverRefersToIt) {
  put("a");
  queue_.note(id("a"), {true, 1, 1});
  EXPECT_FALSE(queue_.find(id("a"))->by_reference);
  queue_.note(id("b"), {true, 1, 1});
  EXPECT_TRUE(queue_.find(id("b"))->by_reference);
  queue_.note(id("b"), copy_of(5));
  EXPECT_FALSE(queue_.find(id("b"))->by_reference);
}

TEST_F(Queue, CountsBytesByKeyspace) {
  put("a", 10);
  put("b", 20);
  put("a", 15);
  queue_.note({1, "other", "a"}, copy_of(100));
  EXPECT_EQ(queue_.bytes("default"), 35u);
  EXPECT_EQ(queue_.bytes("other"), 100u);
  EXPECT_EQ(queue_.bytes(), 135u);
  queue_.drop(id("b"));
  EXPECT_EQ(queue_.bytes("default"), 15u);
}

TEST_F(Queue, KnowsWhatWasQueuedBeforeAMoment) {
  put("a");
  put("b");
  const std::uint64_t moment = queue_.last_generation();
  put("c");
  EXPECT_EQ(queue_.queued_up_to(moment), 2u);
  const auto due = queue_.next(kNow);
  put("a");
  queue_.delivered(due->id, due->generation);  // what is left of it came later
  EXPECT_EQ(queue_.queued_up_to(moment), 1u);
  queue_.drop(id("b"));
  EXPECT_FALSE(queue_.any_queued_up_to(moment));
  EXPECT_EQ(queue_.size(), 2u);
}

TEST_F(Queue, FindsThoseThatAreTooOld) {
  put("new", 1, 100);
  put("old", 1, 10);
  EXPECT_EQ(queue_.next_older_than(50, kNow)->id.key, "old");
  EXPECT_FALSE(queue_.next_older_than(50, kNow).has_value());
}

}  // namespace
}  // namespace stator
