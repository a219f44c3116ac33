#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

/// Three nodes that leave what one misses to anti-entropy: a hint would be too old as soon as it is written.
ClusterPlan unhinted() {
  ClusterPlan plan;
  plan.tables =
      std::string(kOrdinaryTables) + "hint_window = \"1ms\"\nsloppy = false\n\n[healing]\nrepair_interval = \"1s\"\n";
  return plan;
}

class Repair : public testing::Test {
 protected:
  Repair() : cluster(unhinted()) {}
  void SetUp() override { ASSERT_TRUE(cluster.start_all()); }
  bool holds(std::size_t node, const std::string& key, const std::string& value) {
    const Json copy = cluster.http(node).get("/debug/siblings/" + key).json();
    return copy.is_object() && copy.contains("siblings") && copy["siblings"].size() == 1 &&
           copy["siblings"][0].value("valueBase64", "") == value;
  }
  Json page(std::size_t node) { return cluster.http(node).get("/debug/ae").json(); }

  Cluster cluster;
};

TEST_F(Repair, WhatANodeHasMissedReachesItWithoutAnyRead) {
  cluster.process(2).kill_now();
  HttpClient a = cluster.http(0);
  for (int i = 0; i < 300; ++i) ASSERT_EQ(a.put("/kv/k" + std::to_string(i) + "?w=2", "v").status, 204);
  ASSERT_TRUE(cluster.start(2));
  for (int i = 0; i < 300; ++i)
    EXPECT_TRUE(await([&] { return holds(2, "k" + std::to_string(i), "dg=="); })) << i << page(2);
}

TEST_F(Repair, TheVerbReturnsWhenAllIsVerified) {
  cluster.process(2).kill_now();
  HttpClient a = cluster.http(0);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(a.put("/kv/k" + std::to_string(i) + "?w=2", "v").status, 204);
  ASSERT_TRUE(cluster.start(2));
  std::string urls;
  for (std::size_t node = 0; node < 3; ++node)
    urls += (node == 0 ? "http://" : ",http://") + cluster.address(node, "http");
  const Finished repaired = run({STATOR, {"repair", "default", "--json"}, {"STATOR_URL=" + urls}, {}, {}});
  EXPECT_EQ(repaired.status, 0) << repaired.errors;
  const Json rows = Json::parse(repaired.output, nullptr, false);
  ASSERT_EQ(rows.size(), 3u) << repaired.output;
  for (const Json& row : rows) {
    EXPECT_EQ(row["partitions"], 8192);  // each of the 4,096 with both peers
    EXPECT_EQ(row["partitions_verified"], 8192);
  }
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(holds(2, "k" + std::to_string(i), "dg=="));
  EXPECT_NE(run({STATOR, {"repair", "nowhere"}, {"STATOR_URL=" + urls}, {}, {}}).status, 0);
}

TEST_F(Repair, ThePageAndTheMetricsSayWhatWasDone) {
  cluster.process(2).kill_now();
  ASSERT_EQ(cluster.http(0).put("/kv/k?w=2", "v").status, 204);
  ASSERT_TRUE(cluster.start(2));
  ASSERT_TRUE(await([&] { return holds(2, "k", "dg=="); }));
  const auto all_equal = [&] {
    const Json state = page(0)["keyspaces"]["default"];
    return state["divergent"] == 0 && state["partitions_verified"] == state["partitions"];
  };
  EXPECT_TRUE(await(all_equal)) << page(0);
  const Json shown = page(0);
  EXPECT_EQ(shown["enabled"], true);
  EXPECT_EQ(shown["interval_ms"], 1000);
  EXPECT_THAT(shown.value("last_peer", ""), HasSubstr("node-"));
  EXPECT_GT(shown.value("last_run_unix", 0), 1'500'000'000);
  EXPECT_GT(shown.value("bytes", 0), 0);
  int moved = 0;
  for (std::size_t node = 0; node < 3; ++node)
    moved += page(node).value("total_pulled", 0) + page(node).value("total_pushed", 0);
  EXPECT_GE(moved, 1);
  const std::string metrics = cluster.http(0).get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("stator_repair_bytes_total{kind=\"anti_entropy\"}"));
  EXPECT_THAT(metrics, HasSubstr("stator_repair_bytes_total{kind=\"read_repair\"}"));
  EXPECT_THAT(metrics, HasSubstr("stator_repair_debt_seconds "));
  EXPECT_THAT(metrics, HasSubstr("stator_merkle_round_seconds_count"));
}

}  // namespace
}  // namespace stator::cluster
