#include <gtest/gtest.h>

#include "tests/coordinator/requests.h"
#include "tests/node/full_disk_scenarios.h"
#include "tests/simulation/plugins.h"

namespace stator::simulation {
namespace {

/// On a map that is as full as the test says, and on the memtable over a modelled disk that fills.
class FullDisk : public ::testing::TestWithParam<std::unique_ptr<Disk> (*)()> {};

TEST_P(FullDisk, OfOneReplicaIsNotNoticedByClients) {
  EXPECT_EQ(a_full_replica_takes_removals_alone(GetParam()), std::nullopt);
}
TEST_P(FullDisk, OfAQuorumIsToldAsWhatItIs) {
  EXPECT_EQ(a_quorum_that_has_no_room_is_told_so(GetParam()), std::nullopt);
}
TEST_P(FullDisk, AtTheHardLimitTakesNothing) {
  EXPECT_EQ(at_the_hard_limit_nothing_is_taken(GetParam()), std::nullopt);
}
TEST_P(FullDisk, OfAllPrimariesIsStoodInFor) {
  EXPECT_EQ(fallbacks_stand_in_for_full_primaries(GetParam()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Map, FullDisk, ::testing::Values(make_map_disk));
INSTANTIATE_TEST_SUITE_P(Memtable, FullDisk, ::testing::Values(make_memtable_disk));

ClusterOptions small_disks() {
  ClusterOptions options;
  options.make_disk = make_memtable_disk;
  options.setup.reserve = Reserve{128 << 10, 48 << 10};
  return options;
}

// The reserve is there so that a removal always finds a place in the log.
TEST(Reserve, IsNeverUsedUpByValues) {
  Cluster cluster(small_disks());
  for (std::size_t node = 0; node < 3; ++node) cluster[node].disk().leave_free(512 << 10);
  std::vector<std::string> written;
  Code code = Code::ok;
  for (int i = 0; code == Code::ok && i < 2000; ++i) {
    const std::string key = "key" + std::to_string(i);
    const Outcome<PutResult> outcome = cluster.put(0, put_of(key, Bytes(1000, 'v')));
    code = outcome.is_ok() ? Code::ok : outcome.failure().status.code();
    if (outcome.is_ok()) written.push_back(key);
    cluster.scheduler().run_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(code, Code::storage_full);
  EXPECT_GT(written.size(), 100u);
  // The first fifty: what removals need is in the log before the next snapshot.
  for (std::size_t i = 0; i < 50; ++i) must_put(cluster, i % 3, removal_of(written[i]));
  for (std::size_t node = 0; node < 3; ++node) {
    const Store& store = *cluster[node].node().stores().front();
    EXPECT_FALSE(store.unclean()) << "node " << node << ": a commit found no space";
    cluster.kill(node);
  }
  for (std::size_t node = 0; node < 3; ++node) ASSERT_TRUE(cluster.start(node).is_ok());
  settle(cluster);
  for (std::size_t i = 0; i < written.size(); ++i) {
    const GetResult read = must_get(cluster, i % 3, get_of(written[i]));
    EXPECT_EQ(values(read), i < 50 ? std::vector<std::string>() : std::vector<std::string>{Bytes(1000, 'v')}) << i;
  }
}

// Nobody has looked yet: it is the storage that says so.
TEST(Reserve, ACommitThatFindsNoSpaceIsBelievedAtOnceAndUntilOneSucceeds) {
  ClusterOptions options;
  options.nodes = 1;
  options.rules.n = options.rules.r = options.rules.w = 1;
  Cluster cluster(std::move(options));
  must_put(cluster, 0, put_of("kept", "v"));
  cluster[0].disk().fill();
  EXPECT_EQ(must_fail(cluster, 0, put_of("k", "v")).status.code(), Code::storage_full);
  const Store& store = *cluster[0].node().stores().front();
  EXPECT_EQ(store.room().room(), Room::hard_full);
  EXPECT_FALSE(store.failing()) << "it passes";
  EXPECT_EQ(must_fail(cluster, 0, removal_of("kept")).status.code(), Code::storage_full);
  EXPECT_EQ(values(must_get(cluster, 0, get_of("kept"))), std::vector<std::string>{"v"});
  cluster[0].disk().make_room();
  EXPECT_TRUE(
      cluster.scheduler().run_until([&] { return store.room().room() == Room::ample; }, std::chrono::seconds(5)))
      << "the clock's own commits find out";
  must_put(cluster, 0, put_of("k", "v"));
}

}  // namespace
}  // namespace stator::simulation
