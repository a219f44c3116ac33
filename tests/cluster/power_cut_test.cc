#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

#include "tests/cluster/cluster.h"
#include "tests/cluster/load.h"
#include "tests/cluster/loop_disk.h"
#include "tests/cluster/small_disk.h"

namespace stator::cluster {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kMiB = 1 << 20;

/// Three nodes, each on a disk of its own, that lose their power all at once.
class PowerCut : public testing::TestWithParam<const char*> {
 protected:
  explicit PowerCut(const std::string& storage = GetParam())
      : cluster({.tables = ordinary_tables(storage), .plugin_path = LIARS ":" STATOR_PLUGINS}) {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      const std::string image = cluster.scratch().path("images/" + cluster.name(node));
      disks.push_back(std::make_unique<LoopDisk>(LoopDisk::Place{image, cluster.data_directory(node), 192 * kMiB}));
      ports.push_back(cluster.port(node));
    }
  }
  ~PowerCut() override {
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).kill_now();
  }

  /// Clients write until all disks lose their power under them; the nodes die only after that.
  void cut_power_under_load(const std::string& path, Ledger& ledger) {
    Load load(ports, ledger, 6, path);
    EXPECT_TRUE(load.await_progress(std::uniform_int_distribution<std::size_t>(300, 1500)(random)));
    // Without power nobody acknowledges anything; here the nodes still run for a moment, above disks that are gone.
    ledger.close();
    for (auto& disk : disks) disk->cut_power();
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).kill_now();
    load.stop();
    for (auto& disk : disks) disk->unmount();
    for (auto& disk : disks) disk->mount();
  }
  void expect_all_acknowledged(const std::string& path, const Ledger& ledger) {
    const Account account = audit(ports, ledger, path);
    EXPECT_THAT(account.lost, IsEmpty());
    EXPECT_THAT(account.invented, IsEmpty());
    EXPECT_THAT(account.unreadable, IsEmpty());
  }

  const std::uint64_t seed = std::random_device()();
  std::mt19937_64 random{seed};
  Cluster cluster;
  SmallDisk memory{cluster.scratch().path("images"), 768 * kMiB};
  std::vector<std::unique_ptr<LoopDisk>> disks;
  std::vector<std::uint16_t> ports;
};
INSTANTIATE_TEST_SUITE_P(
    Storages, PowerCut,
    testing::Values("plugin = \"memtable\"\nsegment_bytes = \"1MiB\"\nsnapshot_after_bytes = \"4MiB\"\n",
                    "plugin = \"rocksdb\"\nwrite_buffer_bytes = \"1MiB\"\n"),
    [](const auto& test) { return std::string(test.index == 0 ? "memtable" : "rocksdb"); });

TEST_P(PowerCut, OfAllNodesLosesNothingThatWasAcknowledged) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr int kRounds = 4;
  std::map<std::string, Ledger> ledgers;  // by where their keys are: a ledger's values must be new
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_TRUE(cluster.start_all());
    const std::string path = "/kv/round-" + std::to_string(round) + "-";
    cut_power_under_load(path, ledgers[path]);
  }
  ASSERT_TRUE(cluster.start_all());
  for (const auto& [path, ledger] : ledgers) expect_all_acknowledged(path, ledger);
}

class UnsyncedPowerCut : public PowerCut {
 protected:
  UnsyncedPowerCut() : PowerCut("plugin = \"unsynced\"\n") {}
};
INSTANTIATE_TEST_SUITE_P(, UnsyncedPowerCut, testing::Values(""));

TEST_P(UnsyncedPowerCut, IsCaught) {
  ASSERT_TRUE(cluster.start_all());
  Ledger ledger;
  cut_power_under_load("/kv/", ledger);
  ASSERT_TRUE(cluster.start_all());
  EXPECT_THAT(audit(ports, ledger).lost, SizeIs(testing::Ge(50U)));
}

}  // namespace
}  // namespace stator::cluster
