#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/cluster/cluster.h"
#include "tests/cluster/load.h"

namespace stator::cluster {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct CrashTest : testing::TestWithParam<const char*> {
  std::vector<std::uint16_t> ports(const Cluster& cluster) {
    std::vector<std::uint16_t> ports;
    for (std::size_t node = 0; node < cluster.size(); ++node) ports.push_back(cluster.port(node));
    return ports;
  }
  /// Kills all at once and brings them back: what is found after that was on disks.
  static void kill_all(Cluster& cluster) {
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).signal(SIGKILL);
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).wait_exit();
  }

  std::size_t some(std::size_t from, std::size_t to) {
    return std::uniform_int_distribution<std::size_t>(from, to)(random);
  }

  const std::uint64_t seed = std::random_device()();
  std::mt19937_64 random{seed};
  Ledger ledger;
};
INSTANTIATE_TEST_SUITE_P(Carriers, CrashTest, testing::Values("tcp", "grpc"),
                         [](const auto& carrier) { return std::string(carrier.param); });

TEST_P(CrashTest, AcknowledgedWritesSurviveAnyNodeAndThenAll) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int kRounds = 6;
  Cluster cluster({.peer_transport = GetParam()});
  ASSERT_TRUE(cluster.start_all());
  Load load(ports(cluster), ledger);
  ASSERT_TRUE(load.await_progress(200));
  for (int round = 0; round < kRounds; ++round) {
    const std::size_t victim = some(0, cluster.size() - 1);
    ASSERT_TRUE(load.await_progress(some(1, 800)));
    cluster.process(victim).kill_now();
    EXPECT_TRUE(load.await_progress(some(50, 800))) << "two of three suffice for w=2";
    ASSERT_TRUE(cluster.start(victim));
  }
  ASSERT_TRUE(load.await_progress(some(1, 800)));
  kill_all(cluster);
  load.stop();
  EXPECT_THAT(cluster.storage_files(0, "fast", ".snapshot"), Not(IsEmpty())) << "the load was too small for a snapshot";
  ASSERT_TRUE(cluster.start_all());

  const Account account = audit(ports(cluster), ledger);
  EXPECT_THAT(account.lost, IsEmpty());
  EXPECT_THAT(account.invented, IsEmpty());
  EXPECT_THAT(account.unreadable, IsEmpty());
  EXPECT_GE(ledger.acknowledged(), 400U);
}

TEST_P(CrashTest, ALiarThatWritesNothingIsCaught) {
  std::string tables = kOrdinaryTables;
  const std::string honest = "plugin = \"memtable\"\nsegment_bytes = \"1MiB\"\nsnapshot_after_bytes = \"4MiB\"";
  ASSERT_NE(tables.find(honest), std::string::npos);
  tables.replace(tables.find(honest), honest.size(), "plugin = \"forgetful\"");
  Cluster cluster({.peer_transport = GetParam(), .tables = tables, .plugin_path = LIARS ":" STATOR_PLUGINS});
  ASSERT_TRUE(cluster.start_all());
  Load load(ports(cluster), ledger);
  ASSERT_TRUE(load.await_progress(100));
  kill_all(cluster);
  load.stop();
  ASSERT_TRUE(cluster.start_all());
  EXPECT_THAT(audit(ports(cluster), ledger).lost, SizeIs(testing::Ge(50U)));
}

TEST_P(CrashTest, AWriteAcknowledgedWhileANodeWasDownOutlivesTheDeathOfAll) {
  Cluster cluster({.peer_transport = GetParam()});
  ASSERT_TRUE(cluster.start_all());
  for (std::size_t down = 0; down < cluster.size(); ++down) {
    cluster.process(down).kill_now();
    const std::string key = "/kv/without-" + cluster.name(down);
    HttpClient client = cluster.http((down + 1) % cluster.size());
    ASSERT_TRUE(await([&] { return client.put(key, "kept").status == 204; }));
    ASSERT_TRUE(cluster.start(down));
  }
  kill_all(cluster);
  ASSERT_TRUE(cluster.start_all());
  for (std::size_t down = 0; down < cluster.size(); ++down) {
    EXPECT_EQ(cluster.http(down).get("/kv/without-" + cluster.name(down)).body, "kept");
  }
}

TEST_P(CrashTest, KillingANodeWhileItRecoversChangesNothing) {
  Cluster cluster({.peer_transport = GetParam()});
  ASSERT_TRUE(cluster.start_all());
  Load load(ports(cluster), ledger);
  ASSERT_TRUE(load.await_progress(1000));
  load.stop();
  kill_all(cluster);
  for (int i = 0; i < 12; ++i) {
    ServerProcess& victim = cluster.process(static_cast<std::size_t>(i) % cluster.size());
    victim.start();
    const std::chrono::microseconds moment(some(0, 60'000));
    EXPECT_EQ(victim.wait_exit(moment), std::nullopt) << victim.errors();
    victim.kill_now();
  }
  ASSERT_TRUE(cluster.start_all());
  const Account account = audit(ports(cluster), ledger);
  EXPECT_THAT(account.lost, IsEmpty());
  EXPECT_THAT(account.invented, IsEmpty());
  EXPECT_THAT(account.unreadable, IsEmpty());
}

}  // namespace
}  // namespace stator::cluster
