#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;
using Elements = std::set<std::string>;

constexpr int kElements = 1000;

struct Engine {
  const char* name;
  const char* table;      ///< [storage.fast]
  const char* extension;  ///< of the files where rows lie
};

/// Two sets, each a head and rows, in files of which a row of one is damaged.
class QuarantineOfRows : public testing::TestWithParam<Engine> {
 protected:
  static ClusterPlan plan() {
    const std::string sets =
        "\n[keyspace.sets]\nresolver = \"add_wins_set\"\nstorage = \"fast\"\nmembership = \"main\"\n"
        "transports = [\"http\"]\nn = 3\nr = 2\nw = 2\n\n[healing]\nrepair_interval = \"1s\"\n";
    return {.tables = ordinary_tables(GetParam().table) + sets};
  }
  static std::string element(const std::string& set, int i) { return set + "-has-" + std::to_string(10'000 + i); }
  void fill(const std::string& set) {
    for (int i = 0; i < kElements; i += 100) {
      Json call = {{"op", "add_all"}, {"elements", Json::array()}};
      for (int j = i; j < i + 100; ++j) call["elements"].push_back(element(set, j));
      ASSERT_TRUE(cluster.http(0).send({"POST", "/ks/sets/kv/" + set + "?w=3", {}, call.dump()}).ok());
    }
  }
  static Elements all(const std::string& set) {
    Elements names;
    for (int i = 0; i < kElements; ++i) names.insert(element(set, i));
    return names;
  }
  Elements elements(const std::string& set, const std::string& how) {
    const Json value = cluster.http(0).get("/ks/sets/kv/" + set + how).json()["value"];
    return value.is_array() ? value.get<Elements>() : Elements();
  }
  void stop(std::size_t node) {
    cluster.process(node).signal(SIGTERM);
    ASSERT_EQ(cluster.process(node).wait_exit(), 0) << cluster.process(node).errors();
  }
  /// Changes a byte of that text in the first file that has it: which one, or none.
  std::string damage(const std::string& text) {
    for (const std::string& path : cluster.storage_files(0, "fast", GetParam().extension)) {
      const std::size_t at = read_file(path).find(text);
      if (at == std::string::npos) continue;
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(at));
      file.put('#');
      return path;
    }
    return {};
  }
  /// What `stator storage VERB` says of the first node's storage.
  Json storage(const std::string& verb, int status) {
    const Finished finished =
        run({STATOR,
             {"storage", verb, cluster.data_directory(0) + "/storage/fast", "--config=" + cluster.config(), "--json"},
             {},
             {},
             {}});
    EXPECT_EQ(finished.status, status) << finished.output << finished.errors;
    return Json::parse(finished.output).at(0);
  }
  static std::size_t faults_that_say(const Json& found, const std::string& what) {
    return static_cast<std::size_t>(std::count_if(
        found["faults"].begin(), found["faults"].end(),
        [&what](const Json& fault) { return fault["what"].get<std::string>().find(what) != std::string::npos; }));
  }

  Cluster cluster{plan()};
};
INSTANTIATE_TEST_SUITE_P(
    Engines, QuarantineOfRows,
    testing::Values(Engine{"memtable", "plugin = \"memtable\"\nsegment_bytes = \"1MiB\"\n", ".wal"},
                    Engine{"rocksdb", "plugin = \"rocksdb\"\nwrite_buffer_bytes = \"64KiB\"\ncompression = \"none\"\n",
                           ".sst"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(QuarantineOfRows, ACopyOfWhichARowIsDamagedIsToldAndSetAsideAsAWhole) {
  ASSERT_TRUE(cluster.start_all());
  fill("damaged");
  fill("other");
  stop(0);
  const Json before = storage("check", 0);
  EXPECT_EQ(before["records"], 2);
  EXPECT_GE(before["keys"], 2 * kElements);
  const std::string file = damage(element("damaged", 150));
  ASSERT_NE(file, "") << "give it more to write";

  const Json found = storage("check", 1);
  EXPECT_EQ(found["faults"].at(0)["file"], file);
  EXPECT_EQ(faults_that_say(found, "a large copy does not fit its rows in partition"), 1U) << found;
  EXPECT_EQ(found["records"], 1) << "the other one, whole";
  EXPECT_GE(found["keys"], kElements);
  EXPECT_LT(found["keys"], kElements + 100) << "of the damaged copy, nothing counts";

  EXPECT_EQ(storage("quarantine", 0)["changed"], true);
  const Json after = storage("check", 0);
  EXPECT_EQ(after["records"], 1);
  EXPECT_LT(after["keys"], kElements + 100) << "no row is left";
  ASSERT_TRUE(cluster.start(0));
  ASSERT_TRUE(cluster.await_connected());
  for (const std::string set : {"damaged", "other"})
    EXPECT_TRUE(await([&] { return elements(set, "?r=3") == all(set); })) << set;
  // What it has now it has by itself.
  EXPECT_TRUE(await([&] {
    return cluster.http(0).get("/metrics").body.find("stator_partitions_catching_up{keyspace=\"sets\"} 0\n") !=
           std::string::npos;
  }));
  cluster.process(1).kill_now();
  cluster.process(2).kill_now();
  for (const std::string set : {"damaged", "other"}) EXPECT_EQ(elements(set, "?r=1"), all(set));
  stop(0);
  EXPECT_EQ(storage("check", 0)["records"], 2);
}

}  // namespace
}  // namespace stator::cluster
