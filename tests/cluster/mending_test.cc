#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

constexpr int kKeys = 300;

/// A node whose tables are damaged where nothing looks at its start.
class Mending : public testing::Test {
 protected:
  static ClusterPlan plan() {
    ClusterPlan plan;
    plan.tables = ordinary_tables("plugin = \"rocksdb\"\nwrite_buffer_bytes = \"64KiB\"\ncompression = \"none\"\n") +
                  "\n[healing]\nrepair_interval = \"1s\"\n";
    return plan;
  }
  static std::string key(int i) { return "/kv/key-" + std::to_string(i); }
  static std::string value(int i) { return std::to_string(i) + std::string(2000, '.'); }
  void stop(std::size_t node) {
    cluster.process(node).signal(SIGTERM);
    ASSERT_EQ(cluster.process(node).wait_exit(), 0) << cluster.process(node).errors();
  }
  /// Changes a byte in the middle of each table of that node. How many there are.
  std::size_t damage(std::size_t node) {
    const std::vector<std::string> tables = cluster.storage_files(node, "fast", ".sst");
    for (const std::string& table : tables) {
      std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
      const auto place = static_cast<std::streamoff>(std::filesystem::file_size(table) / 2);
      file.seekg(place);
      const char was = static_cast<char>(file.get());
      file.seekp(place);
      file.put(static_cast<char>(was ^ 1));
    }
    return tables.size();
  }
  /// Changes a byte of that text, in the first table of the first node that has it: which one, or none.
  std::string damage_at(const std::string& text) {
    for (const std::string& table : cluster.storage_files(0, "fast", ".sst")) {
      const std::size_t at = read_file(table).find(text);
      if (at == std::string::npos) continue;
      std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(at));
      file.put('#');
      return table;
    }
    return {};
  }
  bool catches_up(std::size_t node) {
    return await([&] { return metric(node, "stator_partitions_catching_up") == 0; });
  }
  /// The sum of a node's series of that name.
  double metric(std::size_t node, const std::string& name) {
    const std::string page = cluster.http(node).get("/metrics").body;
    double sum = 0;
    for (std::size_t at = page.find("\n" + name + "{"); at != std::string::npos;
         at = page.find("\n" + name + "{", at + 1))
      sum += std::stod(page.substr(page.find("} ", at) + 2));
    return sum;
  }

  Cluster cluster{plan()};
};

TEST_F(Mending, ANodeGivesUpWhatItCannotReadIsFilledAndCountsAgain) {
  ASSERT_TRUE(cluster.start_all());
  HttpClient client = cluster.http(0);
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.put(key(i) + "?w=3", value(i)).status, 204);
  stop(0);
  ASSERT_GT(damage(0), 0U);
  ASSERT_TRUE(cluster.start(0));
  ASSERT_TRUE(cluster.await_connected());
  for (std::size_t node = 0; node < 3; ++node) {
    HttpClient reader = cluster.http(node);
    for (int i = 0; i < kKeys; ++i) EXPECT_EQ(reader.get(key(i)).body, value(i)) << i;
  }
  ASSERT_TRUE(await([&] { return metric(0, "stator_unreadable_mended_total") > 0; })) << cluster.process(0).errors();
  ASSERT_TRUE(await([&] { return metric(0, "stator_partitions_catching_up") == 0; })) << cluster.process(0).errors();
  EXPECT_EQ(metric(1, "stator_unreadable_keys_total") + metric(1, "stator_unreadable_mended_total"), 0);
  EXPECT_THAT(cluster.process(0).errors(), testing::HasSubstr("cannot read all that it holds"));
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_EQ(cluster.http(0).get("/debug/siblings/key-" + std::to_string(i)).status, 200) << i;
    EXPECT_EQ(cluster.http(1).get(key(i) + "?r=3").body, value(i)) << i;
  }
  stop(0);
  const Finished checked = run({STATOR, {"storage", "check", cluster.data_directory(0)}, {}, {}, {}});
  EXPECT_EQ(checked.status, 0) << checked.output << checked.errors;
}

// What a node has noted for itself, and what it keeps for others, is read at its start.
TEST_F(Mending, AmongNotesAndHintsItIsRefusedAtTheStartWithFileAndOffsetAndWhatToDo) {
  const std::string hint_for_c = std::string("\2\6", 2) + "node-c";
  ASSERT_TRUE(cluster.start_all());
  cluster.process(2).kill_now();
  for (int i = 0; i < kKeys; ++i)
    ASSERT_TRUE(await([&] { return cluster.http(0).put(key(i), value(i)).status == 204; })) << i;
  for (const std::string& text : {hint_for_c, std::string("keyspace/default")}) {
    stop(0);
    const std::string table = damage_at(text);
    ASSERT_NE(table, "") << "give it more to write";
    cluster.process(0).start();
    EXPECT_EQ(cluster.process(0).wait_exit(), 1);
    const std::string errors = cluster.process(0).errors();
    const std::string refusal = errors.substr(errors.rfind("cannot start"));
    EXPECT_THAT(refusal, testing::HasSubstr("data_loss: storage fast: "));
    EXPECT_THAT(refusal, testing::HasSubstr(table));
    EXPECT_THAT(refusal, testing::ContainsRegex("offset [0-9]+"));
    const std::string config = "--config=" + cluster.config();
    EXPECT_THAT(refusal,
                testing::HasSubstr("stator storage quarantine " + cluster.data_directory(0) + " " + config + "\""));
    const Finished quarantined =
        run({STATOR, {"storage", "quarantine", cluster.data_directory(0), config}, {}, {}, {}});
    ASSERT_EQ(quarantined.status, 0) << quarantined.output << quarantined.errors;
    ASSERT_TRUE(cluster.start_all());
    ASSERT_TRUE(catches_up(0)) << cluster.process(0).errors();
    for (int i = 0; i < kKeys; ++i) EXPECT_EQ(cluster.http(1).get(key(i) + "?r=3").body, value(i)) << i;
  }
}

}  // namespace
}  // namespace stator::cluster
