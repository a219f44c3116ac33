#include <gtest/gtest.h>

#include "kernel/healing/repair_status.h"
#include "tests/healing/hint_cluster.h"
#include "tests/healing/repairs.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMissed = 20;

/// Three nodes. node-c has missed some writes and is back, with a slow disk; what clients bring to it is more than the
/// disk can write, as long as they do.
class LoadedTarget : public ::testing::Test {
 protected:
  void begin(ClusterOptions options) {
    options.setup.max_in_flight = 8;  // and so four records that wait are too many
    on_ = std::make_unique<HintCluster>(std::move(options));
    settle(cluster());
    cluster().cut_power(2);
    for (int i = 0; i < kMissed; ++i) must_put(cluster(), 0, put_of(missed(i), "v"));
    settle(cluster());
    cluster().setup().commit = {milliseconds(300), milliseconds(300)};
    ASSERT_TRUE(cluster().start(2).is_ok());
  }
  void load(int seconds_long) {
    for (int tick = 0; tick < seconds_long * 4; ++tick) {
      for (int i = 0; i < 5; ++i) must_put(cluster(), 2, put_of("own-" + std::to_string(++own_), "w"));
      cluster().scheduler().run_for(milliseconds(240));
    }
  }
  Cluster& cluster() { return on_->cluster; }
  static Bytes missed(int i) { return "missed-" + std::to_string(i); }
  int arrived() {
    int count = 0;
    for (int i = 0; i < kMissed; ++i) count += cluster().copy(2, missed(i)) ? 1 : 0;
    return count;
  }
  std::uint64_t put_off() { return cluster()[2].node().counters().put_off.load(); }
  /// What node-c answers node-a.
  Code send(bool background) {
    std::optional<Code> code;
    const TimePoint now = cluster().scheduler().now();
    Stamps& stamps = cluster()[0].node().stamps();
    const PeerRequestHead head{now + seconds(10), {}, stamps.birth(), background};
    const Bytes record = encode_record(*cluster().copy(0, missed(0)));
    cluster()[0].node().links_here().call(
        "node-c", {"put", encode_replicate("default", missed(0), record, false, head, now), head.deadline},
        [&code](const Result<Frame>& reply) {
          const Result<PeerReplyMessage> told = decode_peer_reply(**reply);
          code = told->failure ? told->failure->status.code() : Code::ok;
        });
    EXPECT_TRUE(cluster().scheduler().run_until([&] { return code.has_value(); }, seconds(10)));
    return code.value_or(Code::internal);
  }

  std::unique_ptr<HintCluster> on_;
  int own_ = 0;
};

TEST_F(LoadedTarget, GetsNoHintUntilItHasCaughtUpAndThenAll) {
  begin({.nodes = 3});
  ASSERT_EQ(on_->hints(0, 2).pending, static_cast<std::uint64_t>(kMissed));
  load(10);
  EXPECT_EQ(arrived(), 0);
  EXPECT_EQ(on_->hints(0, 2).pending, static_cast<std::uint64_t>(kMissed));
  EXPECT_GE(put_off(), 3u);
  EXPECT_LE(put_off(), 40u);  // refusals in a row make the pauses longer
  EXPECT_TRUE(on_->drains());
  EXPECT_EQ(arrived(), kMissed);
  EXPECT_EQ(on_->hints(0, 2).delivered, static_cast<std::uint64_t>(kMissed));
}

TEST_F(LoadedTarget, RefusesWhatCanWaitAndNoWrite) {
  begin({.nodes = 3});
  load(1);
  EXPECT_EQ(send(true), Code::resource_exhausted);
  EXPECT_EQ(send(false), Code::ok);
}

TEST_F(LoadedTarget, IsLeftAloneByAntiEntropyAndLosesNothing) {
  begin(repairing());
  Node& a = cluster()[0].node();
  RepairKeyspace& repair = a.repair(*a.keyspace("default"));
  const TimePoint then = cluster().scheduler().now();
  load(15);
  EXPECT_EQ(arrived(), 0);
  EXPECT_GE(put_off(), 3u);
  EXPECT_LE(put_off(), 500u);
  for (int i = 0; i < kMissed; ++i) {
    const Partition partition = a.partition_of_key(*a.keyspace("default"), missed(i));
    EXPECT_FALSE(verified_since(repair, partition, "node-c", then)) << i;
  }
  std::vector<Bytes> keys;
  for (int i = 0; i < kMissed; ++i) keys.push_back(missed(i));
  EXPECT_TRUE(converges(cluster(), keys));
}

}  // namespace
}  // namespace stator::simulation
