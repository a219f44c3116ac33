#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

constexpr int kKeys = 300;

/// Nodes that read again what they have stored every two seconds, and whose disks damage it under them.
class Scrub : public testing::TestWithParam<const char*> {
 protected:
  static ClusterPlan plan() {
    ClusterPlan plan;
    plan.tables = ordinary_tables(GetParam()) + "\n[healing]\nrepair_interval = \"1s\"\nscrub_period = \"2s\"\n";
    return plan;
  }
  static std::string key(int i) { return "key-" + std::to_string(i); }
  static std::string value(int i) { return "value " + std::to_string(i) + std::string(2000, '.'); }
  void fill() {
    ASSERT_TRUE(cluster.start_all());
    HttpClient client = cluster.http(0);
    for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.put("/kv/" + key(i) + "?w=3", value(i)).status, 204);
  }
  static void flip(const std::string& path, std::size_t place) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(place));
    const char was = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(place));
    file.put(static_cast<char>(was ^ 1));
  }
  /// The sum of node 0's series of that name.
  double metric(const std::string& name) {
    const std::string page = "\n" + cluster.http(0).get("/metrics").body;
    double sum = 0;
    for (std::size_t at = page.find("\n" + name); at != std::string::npos; at = page.find("\n" + name, at + 1))
      sum += std::stod(page.substr(page.find(' ', at) + 1));
    return sum;
  }
  /// Whether a pass that began after the call met no damage, and nothing is left to be filled. Reads no key.
  bool finds_nothing_more() {
    const double damage = metric("stator_scrub_damage_total");
    const double passes = metric("stator_scrub_passes_total");
    const bool passed = await([&] { return metric("stator_scrub_passes_total") > passes + 1; });
    return passed && metric("stator_scrub_damage_total") == damage && metric("stator_partitions_catching_up") == 0;
  }
  void expect_all_held() {
    HttpClient client = cluster.http(0);
    for (int i = 0; i < kKeys; ++i) EXPECT_EQ(client.get("/debug/siblings/" + key(i)).status, 200) << i;
  }

  Cluster cluster{plan()};
};

class ScrubbedTables : public Scrub {};
INSTANTIATE_TEST_SUITE_P(Rocksdb, ScrubbedTables,
                         testing::Values("plugin = \"rocksdb\"\nwrite_buffer_bytes = \"64KiB\"\n"
                                         "compression = \"none\"\n"));

TEST_P(ScrubbedTables, AreGivenUpWhereTheyAreDamagedAndFilledWithoutARead) {
  fill();
  std::size_t damaged = 0;
  for (const std::string& table : cluster.storage_files(0, "fast", ".sst")) {
    std::error_code gone;  // compacted meanwhile
    const std::uintmax_t size = std::filesystem::file_size(table, gone);
    if (gone) continue;
    flip(table, size / 2);
    ++damaged;
  }
  ASSERT_GT(damaged, 0U);
  ASSERT_TRUE(await([&] { return metric("stator_unreadable_mended_total") > 0; })) << cluster.process(0).errors();
  ASSERT_TRUE(await([&] { return finds_nothing_more(); })) << cluster.process(0).errors();
  expect_all_held();
}

class ScrubbedLog : public Scrub {};
INSTANTIATE_TEST_SUITE_P(Memtable, ScrubbedLog, testing::Values("plugin = \"memtable\"\nsegment_bytes = \"256KiB\"\n"));

TEST_P(ScrubbedLog, IsWrittenAnewWhereItIsDamagedAndTheNodeStartsFromIt) {
  fill();
  const std::string log = cluster.storage_files(0, "fast", ".wal").front();
  std::ifstream file(log, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  const std::size_t place = bytes.rfind("value 20.");
  ASSERT_NE(place, std::string::npos);
  flip(log, place);
  ASSERT_TRUE(await([&] { return metric("stator_scrub_damage_total") > 0; })) << cluster.process(0).errors();
  EXPECT_THAT(cluster.process(0).errors(), testing::HasSubstr("is written anew"));
  ASSERT_TRUE(await([&] { return metric("stator_scrub_partitions_total") > 0; }));
  EXPECT_EQ(metric("stator_scrub_differences_total"), 0);
  cluster.process(0).signal(SIGKILL);
  cluster.process(0).wait_exit();
  ASSERT_TRUE(cluster.start(0)) << cluster.process(0).errors();
  expect_all_held();
}

}  // namespace
}  // namespace stator::cluster
