#include "tests/simulation/plugins.h"

#include <gtest/gtest.h>

#include "tests/coordinator/random_history.h"
#include "tests/coordinator/requests.h"
#include "tests/simulation/seeds.h"

namespace stator::simulation {
namespace {

ClusterOptions on_plugins() {
  ClusterOptions options;
  options.make_disk = make_memtable_disk;
  options.setup.resolve = lww();
  return options;
}

TEST(ClusterOnPlugins, SiblingsAreResolvedByLww) {
  Cluster cluster(on_plugins());
  const std::string token = must_put(cluster, 0, put_of("k", "v")).context;
  must_put(cluster, 1, with_context(put_of("k", "w"), token));
  settle(cluster);
  must_put(cluster, 2, with_context(put_of("k", "x"), token));
  const GetResult both = must_get(cluster, 0, with_quorum(get_of("k"), 3));
  EXPECT_EQ(values(both), (std::vector<std::string>{"w", "x"}));
  EXPECT_EQ(both.resolved.resolved_by, "LWW");
  ASSERT_TRUE(both.resolved.winner.has_value());
  EXPECT_EQ(both.siblings[*both.resolved.winner].value, "x");
}

TEST(ClusterOnPlugins, WhatWasAcknowledgedOutlivesThePowerOfAllNodes) {
  Cluster cluster(on_plugins());
  for (int i = 0; i < 50; ++i)
    must_put(cluster, static_cast<std::size_t>(i % 3), put_of("k" + std::to_string(i), std::string(300, 'v')));
  for (std::size_t node = 0; node < 3; ++node) cluster.cut_power(node);
  for (std::size_t node = 0; node < 3; ++node) ASSERT_TRUE(cluster.start(node).is_ok());
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(must_get(cluster, static_cast<std::size_t>(i % 3), get_of("k" + std::to_string(i))).found);
}

TEST(ClusterOnPlugins, AFailedSyncStopsTheStorageForGood) {
  Cluster cluster(on_plugins());
  must_put(cluster, 0, put_of("k", "v"));
  settle(cluster);
  cluster[0].disk().break_sync();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(must_fail(cluster, 0, with_quorum(put_of("k", "w"), 3)).status.code(), Code::unavailable);
  EXPECT_TRUE(cluster[0].node().stores()[0]->failing());
  EXPECT_EQ(values(cluster.copy(0, "k")), std::vector<std::string>{"v"});
}

std::optional<std::string> first_violation(HistoryOptions options, std::size_t count) {
  options.make_disk = make_memtable_disk;
  options.setup.resolve = lww();
  for (std::uint64_t seed : seeds(count)) {
    options.seed = seed;
    if (std::optional<std::string> violation = RandomHistory(options).run()) return *violation + replay_hint(seed);
  }
  return std::nullopt;
}

TEST(ClusterOnPlugins, RandomHistoriesLoseNoAcknowledgedWriteAndBringNoneBack) {
  EXPECT_EQ(first_violation({}, 100), std::nullopt);
}

TEST(ClusterOnPluginsLiar, AnAcknowledgementBeforeTheSyncIsCaught) {
  HistoryOptions options;
  options.setup.commit.acknowledges_before_the_sync = true;
  EXPECT_NE(first_violation(options, 100), std::nullopt);
}

}  // namespace
}  // namespace stator::simulation
