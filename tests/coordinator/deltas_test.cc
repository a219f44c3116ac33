// What travels when a set is changed that is much larger than the change.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "kernel/causality/head.h"
#include "tests/coordinator/requests.h"
#include "tests/simulation/datatype_plugins.h"

namespace stator::simulation {
namespace {

using ::testing::HasSubstr;

PutRequest change(std::string name, const std::string& element) {
  PutRequest request;
  request.head.keyspace = "sets";
  request.head.key = "k";
  Bytes arguments = R"({"op":")" + name + R"(","element":")" + element + "\"}";
  request.operation = {std::move(name), std::move(arguments)};
  return request;
}
PutRequest add(const std::string& element) { return change("add", element); }
PutRequest remove(const std::string& element) { return change("remove", element); }

/// A set of some elements that every replica holds.
class Deltas : public ::testing::Test {
 protected:
  explicit Deltas(std::size_t nodes = 3, Duration delay = {})
      : cluster_(options(nodes, delay)), primaries_(cluster_.holders("k", "sets")) {
    for (int i = 0; i < 20; ++i) must_put(cluster_, primaries_[0], add("element " + std::to_string(i)));
    settle(cluster_);
    before_ = sent();
    before_lacking_ = lacking();
    cluster_.network().set_watch(
        [this](const std::string& from, const std::string& to, const Frame& request) { watch(from, to, request); });
  }
  ~Deltas() override { cluster_.network().set_watch(nullptr); }

  static ClusterOptions options(std::size_t nodes, std::optional<Duration> sync) {
    ClusterOptions options{.nodes = nodes};
    if (sync) options.setup.commit.least_sync = options.setup.commit.longest_sync = *sync;
    options.others.emplace_back();
    options.others.back().name = "sets";
    options.others.back().sloppy = nodes > 3;
    options.setup.datatypes = {{"sets", datatype("add_wins_set")}};
    return options;
  }

  void watch(const std::string& /*from*/, const std::string& to, const Frame& request) {
    const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
    ASSERT_TRUE(message.is_ok());
    const auto* put = std::get_if<ReplicatePut>(&message->body);
    if (put != nullptr) travelled_ += put->hint_for.empty() ? " record" : " hint";
    if (put != nullptr && put->hint_for.empty()) records_to_.push_back(to);
    if (!std::holds_alternative<ReplicateDelta>(message->body)) return;
    travelled_ += " delta";
    longest_delta_ = std::max(longest_delta_, request->size());
  }
  /// By all coordinators, since the set was made.
  std::uint64_t sent() {
    return counted([](const DeltaCounters& counters) { return counters.sent.load(); }) - before_;
  }
  std::uint64_t lacking() {
    return counted([](const DeltaCounters& counters) { return counters.lacking_base.load(); }) - before_lacking_;
  }
  template <typename Count>
  std::uint64_t counted(Count count) {
    std::uint64_t sum = 0;
    for (std::size_t node = 0; node < cluster_.size(); ++node) {
      for (const auto& shard : cluster_[node].node().shards()) sum += count(shard->coordinator.deltas());
    }
    return sum;
  }
  void expect_equal_replicas() {
    settle(cluster_);
    for (const std::size_t node : primaries_)
      EXPECT_EQ(cluster_.copy(node, "k", "sets"), cluster_.copy(primaries_[0], "k", "sets")) << node;
  }
  std::string id(std::size_t node) { return cluster_[node].id(); }
  /// The last primary misses a write, and hears of what comes after it.
  void let_the_last_miss_one() {
    cluster_.network().isolate(id(primaries_[2]), cluster_.ids());
    must_put(cluster_, primaries_[0], add("missed"));
    settle(cluster_);
    cluster_.network().heal();
    travelled_.clear();
  }

  Cluster cluster_;
  std::vector<std::size_t> primaries_;
  std::string travelled_;
  std::vector<std::string> records_to_;
  std::size_t longest_delta_ = 0;
  std::uint64_t before_ = 0;
  std::uint64_t before_lacking_ = 0;
};

/// A set that is stored in rows, of which a coordinator reads no more than it must. Its disk is faster than its links.
class LargeDeltas : public Deltas {
 protected:
  LargeDeltas() : Deltas(3, std::chrono::microseconds(1)) {
    std::string elements;
    for (std::size_t i = 0; i < kRowsFrom; ++i)
      elements += std::string(i == 0 ? "" : ",") + "\"crowd " + std::to_string(i) + "\"";
    PutRequest crowd = add("");
    crowd.operation = {"add_all", R"({"op":"add_all","elements":[)" + elements + "]}"};
    must_put(cluster_, primaries_[0], with_quorum(crowd, 3));
    let_the_last_miss_one();
  }
  bool holds_milk(std::size_t node) {
    const std::vector<std::string> all = values(cluster_.copy(node, "k", "sets"));
    return std::find(all.begin(), all.end(), encode_item("milk", "")) != all.end();
  }
};

class DeltasAndFallbacks : public Deltas {
 protected:
  DeltasAndFallbacks() : Deltas(5) {}
};

TEST_F(Deltas, TravelInPlaceOfARecordThatIsMuchLarger) {
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  EXPECT_EQ(travelled_, " delta delta");
  EXPECT_EQ(sent(), 2u);
  EXPECT_LT(longest_delta_, 150u);
  must_put(cluster_, primaries_[1], with_quorum(remove("element 7"), 3));
  EXPECT_EQ(travelled_, " delta delta delta delta") << "the first dots of another actor";
  expect_equal_replicas();
  EXPECT_EQ(lacking(), 0u);
  EXPECT_EQ(cluster_.copy(primaries_[2], "k", "sets")->versions.size(), 21u) << "19, the milk and the removal";
}

TEST_F(Deltas, AreNotWorthItForASmallRecord) {
  PutRequest first = add("milk");
  PutRequest second = add("bread");
  first.head.key = second.head.key = "small";
  must_put(cluster_, 0, first);
  must_put(cluster_, 0, second);
  settle(cluster_);
  EXPECT_EQ(travelled_, " record record record record");
}

TEST_F(Deltas, WhoLacksTheBaseGetsTheRecordAndCountsOnceItHasIt) {
  let_the_last_miss_one();
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  EXPECT_EQ(travelled_, " delta delta record");
  EXPECT_EQ(records_to_.back(), id(primaries_[2]));
  EXPECT_EQ(lacking(), 1u);
  expect_equal_replicas();
}

TEST_F(Deltas, ToLackTheBaseIsNoAcknowledgementAndNoFailureEither) {
  let_the_last_miss_one();
  cluster_.network().set_tamper([this](const std::string&, const std::string& to, Frame request) {
    const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
    const bool record = message.is_ok() && std::holds_alternative<ReplicatePut>(message->body);
    return record && to == id(primaries_[2]) ? std::make_shared<const Bytes>("garbage") : request;
  });
  cluster_.network().set_watch(nullptr);
  const Failure failure = must_fail(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  EXPECT_THAT(failure.status.message(), HasSubstr(id(primaries_[2])));
  EXPECT_EQ(cluster_.copy(primaries_[2], "k", "sets")->versions.size(), 20u) << "nothing was done there";
}

TEST_F(LargeDeltas, WhoLacksTheBaseGetsTheRecordWithTheWriteInIt) {
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  EXPECT_EQ(travelled_, " delta delta record");
  expect_equal_replicas();
}

// When the record is asked for, the coordinator knows that it could not store the write.
TEST_F(LargeDeltas, AlsoIfItCouldNotBeStoredWhereTheRecordIsRead) {
  cluster_[primaries_[0]].disk().break_sync();
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 2));
  EXPECT_EQ(travelled_, " delta delta record");
  EXPECT_FALSE(holds_milk(primaries_[0]));
  EXPECT_TRUE(holds_milk(primaries_[1]));
  EXPECT_TRUE(holds_milk(primaries_[2])) << "it has acknowledged that";
}

TEST_F(Deltas, AreNotForNodesThatDoNotKnowThem) {
  Hello old = cluster_[primaries_[1]].node().hello();
  old.deltas = false;
  cluster_[primaries_[0]].node().agreements().meet(old);
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  EXPECT_EQ(sent(), 1u);
  EXPECT_EQ(records_to_, std::vector{id(primaries_[1])});
  expect_equal_replicas();
}

TEST_F(Deltas, WhoDoesNotKnowThemAnyMoreGetsTheRecord) {
  cluster_.network().set_tamper([](const std::string&, const std::string&, Frame request) {
    const Result<PeerRequestMessage> message = decode_peer_request(*request, TimePoint());
    const bool delta = message.is_ok() && std::holds_alternative<ReplicateDelta>(message->body);
    return delta ? std::make_shared<const Bytes>("\x08\xc0\x84\x3d") : request;  // a second of time, and no body
  });
  cluster_.network().set_watch(nullptr);
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  EXPECT_EQ(lacking(), 2u);
  expect_equal_replicas();
}

TEST_F(Deltas, ARetrySendsTheRecord) {
  must_put(cluster_, primaries_[0], with_op(add("milk"), 7));
  settle(cluster_);
  must_put(cluster_, primaries_[0], with_op(add("milk"), 7));
  settle(cluster_);
  EXPECT_EQ(travelled_, " delta delta record record");
}

TEST_F(Deltas, ADeletionSendsTheRecord) {
  PutRequest removal = removal_of("k");
  removal.head.keyspace = "sets";
  must_put(cluster_, primaries_[0], removal);
  settle(cluster_);
  EXPECT_EQ(travelled_, " record record");
}

TEST_F(Deltas, WhoIsInDoubtGetsTheRecord) {
  const Node& node = cluster_[primaries_[2]].node();
  const Keyspace& keyspace = *node.keyspace("sets");
  keyspace.authority->doubt({node.partition_of_key(keyspace, "k")}, TimePoint());
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  EXPECT_EQ(records_to_, std::vector{id(primaries_[2])});
  EXPECT_EQ(lacking(), 1u);
  expect_equal_replicas();
}

TEST_F(Deltas, WhoHasNothingOfTheKeyGetsTheRecord) {
  cluster_.wipe(primaries_[2]);
  ASSERT_TRUE(cluster_.start(primaries_[2]).is_ok());
  settle(cluster_);
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  expect_equal_replicas();
}

TEST_F(DeltasAndFallbacks, AFallbackGetsTheRecord) {
  cluster_.cut_power(primaries_[2]);
  must_put(cluster_, primaries_[0], with_quorum(add("milk"), 3));
  EXPECT_THAT(travelled_, HasSubstr(" hint"));
  EXPECT_THAT(travelled_, HasSubstr(" delta"));
  EXPECT_EQ(records_to_, std::vector<std::string>());
  ASSERT_TRUE(cluster_.start(primaries_[2]).is_ok());
  expect_equal_replicas();
}

TEST_F(DeltasAndFallbacks, WhatOneSignsMeanwhileReachesAll) {
  for (const std::size_t node : primaries_) cluster_.cut_power(node);
  const std::size_t fallback = cluster_.others("k", "sets").at(0);
  for (int i = 0; i < 20; ++i) {
    const Outcome<PutResult> tried = cluster_.put(fallback, with_quorum(add("late " + std::to_string(i)), 1));
    EXPECT_TRUE(tried.is_ok() || i < 5) << "finds each primary down first";
  }
  ASSERT_TRUE(cluster_.start(primaries_[0]).is_ok());
  ASSERT_TRUE(cluster_.start(primaries_[1]).is_ok());
  ASSERT_TRUE(cluster_.start(primaries_[2]).is_ok());
  expect_equal_replicas();
}

}  // namespace
}  // namespace stator::simulation
