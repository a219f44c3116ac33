#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "kernel/node/store_meta.h"
#include "tests/healing/repairs.h"
#include "tests/simulation/seeds.h"

// What a storage has silently lost or changed is found without anybody asking for it, and comes back from peers.

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What was read of a partition and its tree hear of the same writes, whenever these come. Reads of every other history
// are made off the loop.
TEST(Scrub, FindsNoDifferenceInAHotPartition) {
  for (std::uint64_t seed : seeds(4)) {
    ClusterOptions options = repairing(1);
    options.seed = seed;
    options.rules.n = options.rules.r = options.rules.w = 1;
    options.setup.partition_bits = 1;
    options.setup.commit = {milliseconds(2), milliseconds(12)};
    options.setup.scrub_period = milliseconds(100);
    options.setup.reads_may_block = seed % 2 == 0;
    Cluster cluster(std::move(options));
    Scheduler& chance = cluster.scheduler();
    const std::vector<Bytes> keys = numbered_keys(3000);
    for (const Bytes& key : keys) cluster.put(0, put_of(key, "v"), [](const Outcome<PutResult>&) {});
    settle(cluster);
    const ScrubCounters& counters = cluster[0].node().scrub().counters();
    const std::uint64_t before = counters.partitions;
    for (int step = 0; step < 300; ++step) {
      for (int i = 0; i < 10; ++i) {
        const Bytes key = chance.chance(300) ? "new-" + std::to_string(chance.below(3000)) : keys[chance.below(3000)];
        cluster.put(0, chance.chance(100) ? removal_of(key) : put_of(key, std::to_string(step)),
                    [](const Outcome<PutResult>&) {});
      }
      chance.run_for(milliseconds(1));
      // A loop that was held up reads after commits were stored and before it hears of them.
      if (!chance.chance(100)) continue;
      cluster[0].executor().pause();
      chance.run_for(milliseconds(15));
      cluster[0].executor().resume();
    }
    EXPECT_GT(counters.partitions, before + 4) << replay_hint(seed);
    EXPECT_EQ(counters.differences, 0U) << replay_hint(seed);
  }
}

struct Scrubbed : ::testing::Test {
  void begin(bool reads_may_block = false) {
    ClusterOptions options = repairing();
    options.setup.scrub_period = seconds(10);
    options.setup.reads_may_block = reads_may_block;
    cluster.emplace(std::move(options));
    for (const Bytes& key : keys) must_put(*cluster, 0, with_quorum(put_of(key, "v " + key), 3));
    settle(*cluster);
    cluster->scheduler().run_for(seconds(11));
    ASSERT_GT(counters(0).partitions, 0U);
  }
  Keyspace& keyspace(std::size_t node) { return *(*cluster)[node].node().keyspace("default"); }
  Authority& authority(std::size_t node) { return *keyspace(node).authority; }
  const ScrubCounters& counters(std::size_t node) { return (*cluster)[node].node().scrub().counters(); }
  Partition partition(const Bytes& key) { return (*cluster)[0].node().partition_of_key(keyspace(0), key); }
  Bytes where(const Bytes& key) { return data_key(partition(key), keyspace(0).id, key); }
  Storage& storage(std::size_t node) { return (*cluster)[node].node().stores().front()->storage(); }
  void change(std::size_t node, const Bytes& key, const std::optional<Bytes>& value) {
    ASSERT_TRUE((*cluster)[node].disk().change(where(key), value));
  }
  bool comes_true(const std::function<bool()>& condition) {
    return cluster->scheduler().run_until(condition, seconds(60));
  }

  const std::vector<Bytes> keys = numbered_keys(200);
  const Bytes key = "key-7";
  std::optional<Cluster> cluster;
};

TEST_F(Scrubbed, BringsBackACopyThatVanishedThoughNobodyAsks) {
  for (const bool reads_may_block : {false, true}) {
    begin(reads_may_block);
    change(0, key, std::nullopt);
    ASSERT_TRUE(comes_true([&] { return counters(0).differences == 1; }));
    ASSERT_TRUE(comes_true([&] { return converged(*cluster, keys) && !authority(0).in_doubt(); }));
    settle(*cluster);
    expect_true_trees(*cluster, 0);
    EXPECT_EQ(storage(0).get(lost_key()).value(), std::nullopt);
    cluster->scheduler().run_for(seconds(25));
    for (std::size_t node = 0; node < 3; ++node) EXPECT_EQ(counters(node).differences, node == 0 ? 1U : 0U);
  }
}

TEST_F(Scrubbed, BringsBackWhatIsOlderThanItWas) {
  begin();
  const Bytes old = storage(0).get(where(key)).value().value();
  must_put(*cluster, 0, with_quorum(put_of(key, "second"), 3));
  settle(*cluster);
  change(0, key, old);
  ASSERT_TRUE(comes_true([&] { return counters(0).differences == 1; }));
  ASSERT_TRUE(comes_true([&] { return converged(*cluster, keys) && !authority(0).in_doubt(); }));
  EXPECT_THAT(values(must_get(*cluster, 0, with_quorum(get_of(key), 1))), ::testing::ElementsAre("second"));
}

TEST_F(Scrubbed, DoesNotCountUntilItIsEqual) {
  begin();
  const Bytes old = storage(0).get(where(key)).value().value();
  must_put(*cluster, 0, with_quorum(put_of(key, "second"), 3));
  settle(*cluster);
  cluster->network().isolate("node-a", cluster->ids());
  change(0, key, old);
  ASSERT_TRUE(comes_true([&] { return counters(0).differences == 1; }));
  settle(*cluster);
  EXPECT_FALSE(keyspace(0).speaks_for(partition(key)));
  EXPECT_EQ(authority(0).missing(), 1U) << "that partition, and no other";
  EXPECT_NE(storage(0).get(lost_key()).value(), std::nullopt) << "a restart goes on there";
  EXPECT_THAT(must_fail(*cluster, 0, with_quorum(get_of(key), 1)).status.message(),
              ::testing::HasSubstr("has lost data"));
  cluster->network().heal();
  ASSERT_TRUE(comes_true([&] { return !authority(0).in_doubt(); }));
  EXPECT_TRUE(converged(*cluster, keys));
}

TEST_F(Scrubbed, NotesItsDoubtAgainWhenTheDiskHadNoRoomForIt) {
  begin();
  cluster->network().isolate("node-a", cluster->ids());
  change(0, key, std::nullopt);
  (*cluster)[0].disk().fill();
  ASSERT_TRUE(comes_true([&] { return authority(0).in_doubt(); }));
  settle(*cluster);
  ASSERT_EQ(storage(0).get(lost_key()).value(), std::nullopt);
  (*cluster)[0].disk().make_room();
  EXPECT_TRUE(
      cluster->scheduler().run_until([&] { return storage(0).get(lost_key()).value().has_value(); }, seconds(120)))
      << "a start would take for whole what is in doubt";
}

TEST_F(Scrubbed, IsNotReadWithoutAPeriod) {
  cluster.emplace(repairing());
  must_put(*cluster, 0, put_of(key, "v"));
  cluster->scheduler().run_for(seconds(100));
  EXPECT_EQ(counters(0).partitions, 0U);
}

TEST_F(Scrubbed, TellsHowLongAPartitionHasWaited) {
  begin();
  const auto waited = [&] { return (*cluster)[0].node().scrub().longest_wait(); };
  EXPECT_LE(waited(), seconds(11));
  (*cluster)[0].executor().pause();
  cluster->scheduler().run_for(seconds(30));
  EXPECT_GT(waited(), seconds(30));
  (*cluster)[0].executor().resume();
  EXPECT_TRUE(comes_true([&] { return waited() <= seconds(11); }));
}

}  // namespace
}  // namespace stator::simulation
