#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/cluster/backup_support.h"

namespace stator::cluster {
namespace {

using Json = nlohmann::json;
using Elements = std::set<std::string>;

constexpr int kSets = 6;

struct Move {
  const char* from;
  const char* to;
  std::size_t nodes;  ///< of the cluster that is restored into
  int n;
};

ClusterPlan plan_with_sets(std::size_t nodes, const std::string& plugin, int n) {
  ClusterPlan plan = plan_of(nodes, plugin, n);
  const std::string majority = std::to_string(n / 2 + 1);
  plan.tables +=
      "\n[keyspace.sets]\nresolver = \"add_wins_set\"\nstorage = \"fast\"\nmembership = \"main\"\n"
      "transports = [\"http\"]\nn = " +
      std::to_string(n) + "\nr = " + majority + "\nw = " + majority + "\n";
  return plan;
}

std::string path(int set, const std::string& how = "") { return "/ks/sets/kv/set-" + std::to_string(set) + how; }

testing::AssertionResult change(HttpClient client, int set, const std::string& op,
                                const std::vector<std::string>& which) {
  const Json call = {{"op", op}, {"elements", which}};
  const HttpAnswer answer = client.send({"POST", path(set), {}, call.dump()});
  return answer.ok() ? testing::AssertionSuccess() : testing::AssertionFailure() << answer.status << answer.body;
}

std::vector<std::string> some(int set, int from, int to) {
  std::vector<std::string> names;
  for (int i = from; i < to; ++i) names.push_back(std::to_string(set) + ":" + std::to_string(i));
  return names;
}

Elements elements(HttpClient client, int set, const std::string& how) {
  const Json value = client.get(path(set, how)).json()["value"];
  return value.is_array() ? value.get<Elements>() : Elements();
}

/// Copies of so many versions that each is a head and rows; kept for another node, they are one value.
class BackupOfLargeCopies : public testing::TestWithParam<Move> {};
INSTANTIATE_TEST_SUITE_P(Moves, BackupOfLargeCopies,
                         testing::Values(Move{"memtable", "rocksdb", 5, 3}, Move{"rocksdb", "memtable", 1, 1}));

TEST_P(BackupOfLargeCopies, HasAllTheirRowsAndPutsThemBackTogether) {
  Cluster origin(plan_with_sets(4, GetParam().from, 3));
  ASSERT_TRUE(origin.start_all());
  for (int set = 0; set < kSets; ++set) {
    for (int i = 0; i < 1000; i += 200)
      ASSERT_TRUE(change(origin.http(set % 3), set, "add_all", some(set, i, i + 200)));
    ASSERT_TRUE(change(origin.http(1), set, "remove_all", some(set, 300, 320)));
  }
  origin.process(3).kill_now();
  for (int set = 0; set < kSets; ++set)
    ASSERT_TRUE(await([&] { return change(origin.http(0), set, "add_all", some(set, 1000, 1010)); })) << set;
  const std::string directory = origin.scratch().path("backup");
  const Finished created = run(backup_command("create", directory, {"--allow-missing", "--url", urls_of(origin)}));
  ASSERT_EQ(created.status, 0) << created.errors;
  const Json verified = Json::parse(verify_backup(directory).output);
  EXPECT_GT(verified["hints"], 0) << "copies that stand in for node-d's";

  const Finished checked = run({STATOR, {"storage", "check", directory + "/node-a", "--json"}, {}, {}, {}});
  const Json held = Json::parse(checked.output).at(0);
  EXPECT_GE(held["keys"], held["records"].get<int>() * 900) << "they are no heads with rows";

  const std::map<KeyOfKeyspace, std::string> merged = merged_in(directory);
  EXPECT_EQ(merged.size(), kSets + 0U);
  Cluster cluster(plan_with_sets(GetParam().nodes, GetParam().to, GetParam().n));
  ASSERT_TRUE(cluster.start_all());
  const Finished restored = restore_backup(cluster, directory);
  ASSERT_EQ(restored.status, 0) << restored.errors;
  EXPECT_EQ(Json::parse(restored.output)["records"],
            verified["records"].get<std::uint64_t>() + verified["hints"].get<std::uint64_t>());
  std::vector<Elements> expected;
  for (int set = 0; set < kSets; ++set) {
    const std::vector<std::string> added = some(set, 0, 1010);
    expected.emplace_back(added.begin(), added.end());
    for (const std::string& gone : some(set, 300, 320)) expected.back().erase(gone);
  }
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    for (int set = 0; set < kSets; ++set) EXPECT_EQ(elements(cluster.http(node), set, "?r=1"), expected[set]) << set;
  }
  expect_restored(cluster, merged, static_cast<std::size_t>(GetParam().n));

  ASSERT_TRUE(cluster.start_all());
  for (int set = 0; set < kSets; ++set) {
    ASSERT_TRUE(change(cluster.http(0), set, "add_all", {"afterwards"}));
    expected[set].insert("afterwards");
    const std::string all = "?r=" + std::to_string(GetParam().n);
    EXPECT_EQ(elements(cluster.http(cluster.size() - 1), set, all), expected[set]) << set;
  }
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    cluster.process(node).kill_now();
    const Finished sound = run({STATOR, {"storage", "check", cluster.data_directory(node)}, {}, {}, {}});
    EXPECT_EQ(sound.status, 0) << sound.output << sound.errors;
  }
}

}  // namespace
}  // namespace stator::cluster
