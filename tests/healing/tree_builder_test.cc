#include <gtest/gtest.h>

#include "tests/healing/repairs.h"
#include "tests/simulation/seeds.h"

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Trees, SayWhatIsStoredAfterAnyHistory) {
  for (std::uint64_t seed : seeds(8)) {
    ClusterOptions options = repairing();
    options.seed = seed;
    Cluster cluster(std::move(options));
    Scheduler& chance = cluster.scheduler();
    const std::vector<Bytes> keys = numbered_keys(40);
    for (int step = 0; step < 400; ++step) {
      const std::size_t node = chance.below(3);
      const Bytes& key = keys[chance.below(keys.size())];
      if (!cluster[node].up()) {
        ASSERT_TRUE(cluster.start(node).is_ok());
      } else if (chance.chance(20)) {
        chance.chance(200) ? cluster.wipe(node) : cluster.cut_power(node);
      } else {
        PutRequest request = chance.chance(200) ? removal_of(key) : put_of(key, std::to_string(step));
        cluster.put(node, std::move(request), [](const Outcome<PutResult>&) {});
      }
      chance.run_for(chance.between(Duration(1), milliseconds(4)));
    }
    for (std::size_t node = 0; node < 3; ++node) {
      EXPECT_TRUE(cluster[node].up() || cluster.start(node).is_ok());
    }
    settle(cluster);
    for (std::size_t node = 0; node < 3; ++node) expect_true_trees(cluster, node);
    EXPECT_FALSE(::testing::Test::HasFailure()) << replay_hint(seed);
  }
}

// The slices of the build and the writes of a hot partition come in between each other.
TEST(Trees, OfAHotPartitionAreMadeWhileItIsWritten) {
  for (std::uint64_t seed : seeds(5)) {
    ClusterOptions options = repairing(1);
    options.seed = seed;
    options.rules.n = options.rules.r = options.rules.w = 1;
    options.setup.partition_bits = 1;
    options.setup.commit = {milliseconds(2), milliseconds(12)};
    Cluster cluster(std::move(options));
    const std::vector<Bytes> keys = numbered_keys(6000);
    for (const Bytes& key : keys) cluster.put(0, put_of(key, "v"), [](const Outcome<PutResult>&) {});
    settle(cluster);
    cluster.cut_power(0);
    ASSERT_TRUE(cluster.start(0).is_ok());
    Scheduler& chance = cluster.scheduler();
    const PartitionTrees& trees = cluster[0].node().repair(*cluster[0].node().keyspace("default")).trees;
    std::size_t meanwhile = 0;
    while (!trees.built(0) || !trees.built(1)) {
      for (int i = 0; i < 20; ++i) {
        const Bytes key =
            chance.chance(300) ? "new-" + std::to_string(chance.below(5000)) : keys[chance.below(keys.size())];
        cluster.put(0, put_of(key, std::to_string(++meanwhile)), [](const Outcome<PutResult>&) {});
      }
      chance.run_for(milliseconds(1));
      // A loop that was held up makes its next slice after commits were stored and before it hears of them.
      if (chance.chance(500)) {
        cluster[0].executor().pause();
        chance.run_for(milliseconds(15));
        cluster[0].executor().resume();
      }
    }
    EXPECT_GT(meanwhile, 100u);
    settle(cluster);
    expect_true_trees(cluster, 0);
    EXPECT_FALSE(::testing::Test::HasFailure()) << replay_hint(seed);
  }
}

TEST(Trees, AreMadeAnewWhenACommitFailed) {
  Cluster cluster(repairing());
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster[0].disk().break_sync();
  EXPECT_FALSE(cluster.put(0, with_quorum(put_of("k", "w"), 3)).is_ok());
  settle(cluster);
  expect_true_trees(cluster, 0);
}

}  // namespace
}  // namespace stator::simulation
