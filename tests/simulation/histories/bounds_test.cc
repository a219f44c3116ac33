#include "tests/simulation/histories/bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "kernel/causality/copy.h"
#include "kernel/replica/storage_keys.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Configuration busy_configuration() {
  Configuration made;
  made.clients = 1;
  made.reads_may_block = true;
  KeyspacePlan keyspace;
  keyspace.rules.name = "default";
  keyspace.rules.n = keyspace.rules.w = 2;
  keyspace.rules.r = 2;
  keyspace.rules.sloppy = false;
  keyspace.keys = 8;
  made.keyspaces = {keyspace};
  return made;
}

ClusterOptions options_of(const Configuration& configuration) {
  ClusterOptions options;
  options.rules = configuration.keyspaces.front().rules;
  options.setup.reads_may_block = configuration.reads_may_block;
  options.setup.anti_entropy.interval = configuration.repair_interval;
  return options;
}

/// A cluster, and a judge with limits of its own.
class JudgedCluster : public ::testing::Test {
 protected:
  JudgedCluster()
      : configuration_(busy_configuration()),
        cluster_(options_of(configuration_)),
        chronicle_(cluster_.scheduler(), false),
        truths_(configuration_),
        watch_({cluster_, chronicle_, truths_, configuration_.max_clock_skew}),
        injector_({cluster_, chronicle_, watch_, [](std::size_t) {}}, {}) {}

  Bounds judge(const Bounds::Limits& limits = {}) {
    return Bounds({cluster_, chronicle_, truths_, injector_, configuration_}, limits);
  }
  std::string violation() const { return chronicle_.violation().value_or(""); }

  /// Two writes of a key while a holder is away, then reads of it while all are there.
  void be_busy() {
    const Bytes key = truths_.entries().front().key;
    const std::vector<std::size_t> holders = cluster_.holders(key);
    PutRequest whole = put_of(key, "v");
    cluster_.put(holders[0], whole, [](const Outcome<PutResult>&) {});
    cluster_.scheduler().run_for(seconds(1));
    cluster_.network().isolate(cluster_[holders[1]].id(), cluster_.ids());
    whole.head.quorum = 1;
    for (int i = 0; i < 2; ++i) cluster_.put(holders[0], whole, [](const Outcome<PutResult>&) {});
    cluster_.scheduler().run_for(milliseconds(100));
    cluster_.network().heal();
    for (int i = 0; i < 2; ++i) cluster_.get(holders[0], get_of(key), [](const Outcome<GetResult>&) {});
  }

  Configuration configuration_;
  Cluster cluster_;
  Chronicle chronicle_;
  TruthTable truths_;
  WireWatch watch_;
  FaultInjector injector_;
};

struct Queue {
  const char* what;
  std::function<void(Bounds::Limits&)> allow_none;
};

class EveryQueue : public JudgedCluster, public ::testing::WithParamInterface<std::size_t> {};

const Queue kQueues[] = {
    {" events to come", [](Bounds::Limits& limits) { limits.events = 0; }},
    {" copies on their way to disk", [](Bounds::Limits& limits) { limits.pending = 0; }},
    {" tasks waiting for a read", [](Bounds::Limits& limits) { limits.reading = 0; }},
    {" repairs of reads under way", [](Bounds::Limits& limits) { limits.repairs = 0; }},
    {" questions of anti-entropy under way", [](Bounds::Limits& limits) { limits.questions = 0; }},
    {" requests in flight", [](Bounds::Limits& limits) { limits.requests = limits.requests_a_client = 0; }},
    {" bytes of requests in flight", [](Bounds::Limits& limits) { limits.bytes_sent = 0; }},
};

// And no other: what is said is of that one.
TEST_P(EveryQueue, IsLookedAt) {
  Bounds::Limits limits;
  kQueues[GetParam()].allow_none(limits);
  Bounds bounds = judge(limits);
  const auto caught = [&] {
    bounds.judge();
    return chronicle_.violation().has_value();
  };
  cluster_.scheduler().run_for(seconds(1));
  for (int i = 0; i < 20 && !caught(); ++i) {
    be_busy();
    cluster_.scheduler().run_until(caught, seconds(5));
  }
  EXPECT_NE(violation().find(kQueues[GetParam()].what), std::string::npos) << violation();
}

INSTANTIATE_TEST_SUITE_P(Bounds, EveryQueue, ::testing::Range<std::size_t>(0, std::size(kQueues)));

TEST_F(JudgedCluster, HoldsNothingAgainstWhatIsInBounds) {
  Bounds bounds = judge();
  be_busy();
  cluster_.scheduler().run_until(
      [&] {
        bounds.judge();
        return chronicle_.violation().has_value();
      },
      seconds(5));
  EXPECT_EQ(violation(), "");
}

// --- Where copies lie ---

class JudgedCopies : public JudgedCluster {
 protected:
  JudgedCopies() : key_(truths_.entries().front().key) {}

  std::size_t holder() { return cluster_.holders(key_).front(); }
  std::size_t stranger() { return cluster_.others(key_).front(); }

  /// What is said of a copy that the node has under that name.
  std::string said_of(std::size_t node, const Bytes& name) {
    const Bytes copy = encode_copy(Copy());
    const Mutation mutation{name, copy};
    EXPECT_TRUE(cluster_[node].node().stores().front()->storage().write({&mutation, 1}).is_ok());
    judge().judge();
    return violation();
  }
  Bytes own_name(const Bytes& key) {
    const Keyspace& keyspace = *cluster_[0].node().keyspace("default");
    return data_key(cluster_[0].node().partition_of_key(keyspace, key), keyspace.id, key);
  }
  Bytes hint_name(std::size_t target) {
    const Keyspace& keyspace = *cluster_[0].node().keyspace("default");
    return hint_key(cluster_[target].id(), cluster_[0].node().partition_of_key(keyspace, key_), keyspace.id, key_);
  }

  const Bytes key_;
};

const std::string kMisplaced = " holds a copy that is not its own to keep: ";

TEST_F(JudgedCopies, BelongToThePrimaries) {
  EXPECT_EQ(said_of(holder(), own_name(key_)), "");
  EXPECT_NE(said_of(stranger(), own_name(key_)).find(kMisplaced + key_), std::string::npos);
}

TEST_F(JudgedCopies, OfKeysThatNobodyUsesBelongNowhere) {
  EXPECT_NE(said_of(holder(), own_name("nobody's")).find(kMisplaced + "nobody's"), std::string::npos);
}

TEST_F(JudgedCopies, StandInForPrimariesElsewhere) {
  EXPECT_EQ(said_of(stranger(), hint_name(holder())), "");
  EXPECT_NE(said_of(holder(), hint_name(stranger())).find(kMisplaced + key_), std::string::npos);
}

TEST_F(JudgedCopies, StandInForNobodyAtHome) {
  EXPECT_NE(said_of(holder(), hint_name(holder())).find(kMisplaced + key_), std::string::npos);
}

TEST_F(JudgedCopies, UnderANameThatIsNoneBelongNowhere) {
  EXPECT_NE(said_of(holder(), Bytes("\1x")).find(kMisplaced + "a name"), std::string::npos);
}

}  // namespace
}  // namespace stator::simulation
