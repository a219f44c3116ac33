#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Json = nlohmann::json;

class Pages : public testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      cluster.process(node).command().arguments.emplace_back("--set=log.level=debug");
    }
    ASSERT_TRUE(cluster.start_all());
  }
  /// One log line each.
  std::vector<Json> log(std::size_t node) {
    std::istringstream text(cluster.process(node).errors());
    std::vector<Json> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line, nullptr, false));
    return lines;
  }

  Cluster cluster;
  HttpClient a = cluster.http(0);
};

TEST_F(Pages, HealthNamesTheMembers) {
  const Json health = a.get("/admin/health").json();
  EXPECT_EQ(health["status"], "ok");
  EXPECT_EQ(health["node"], "node-a");
  EXPECT_EQ(health["cluster"], "test");
  EXPECT_EQ(health["members"].size(), 3U);
  EXPECT_EQ(health["storages"]["fast"]["status"], "ok");
}

TEST_F(Pages, RingShowsTokensPartitionsAndOwnership) {
  const Json ring = a.get("/admin/ring").json();
  EXPECT_EQ(ring["partitions"], 4096);
  const Json& main = ring["memberships"]["main"];
  EXPECT_EQ(main["vnodes_per_node"], 128);
  EXPECT_EQ(main["tokens"].size(), 3U * 128);
  int owned = 0;
  for (const Json& node : main["nodes"]) owned += node["partitions_owned"].get<int>();
  EXPECT_EQ(owned, 4096);
  EXPECT_EQ(cluster.http(1).get("/admin/ring").json()["fingerprint"], ring["fingerprint"]);
}

TEST_F(Pages, PluginsAreThoseOfTheConfiguration) {
  const Json page = a.get("/admin/plugins").json();
  std::set<std::string> found;
  for (const Json& plugin : page["plugins"])
    found.insert(plugin["kind"].get<std::string>() + "/" + plugin["name"].get<std::string>());
  EXPECT_EQ(found, (std::set<std::string>{"membership/static", "resolver/lww", "storage/memtable", "transport/grpc",
                                          "transport/http", "transport/tcp"}));
}

TEST_F(Pages, DebugShowsThisNodesOwnCopy) {
  EXPECT_EQ(a.get("/debug/siblings/some%2Fkey").status, 404);
  ASSERT_EQ(a.put("/kv/some/key?w=3", "v").status, 204);
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    const Json page = cluster.http(node).get("/debug/siblings/some/key").json();
    EXPECT_EQ(page["key"], "some/key");
    ASSERT_EQ(page["siblings"].size(), 1U) << page;
    EXPECT_EQ(page["siblings"][0]["valueBase64"], "dg==");
    EXPECT_EQ(page["siblings"][0]["vectorClock"], (Json{{"node-a", 1}}));
    EXPECT_EQ(page["siblings"][0]["tombstone"], false);
    EXPECT_GT(page["siblings"][0]["lwwMillis"], 1'600'000'000'000);
  }
  const Json hints = a.get("/debug/hints").json();
  EXPECT_EQ(hints["count"], 0);
  EXPECT_EQ(hints["targets"], Json::array());
  EXPECT_EQ(a.get("/admin/hints/wait?timeout_ms=5000").json(), (Json{{"delivered", true}, {"pending", 0}}));
  EXPECT_TRUE(a.get("/debug/ae").json().contains("enabled"));
  const Json persist = a.get("/debug/persist").json();
  EXPECT_GT(persist["wal_ops"], 0);
  EXPECT_GT(persist["wal_bytes"], 0);
  EXPECT_TRUE(persist.contains("kv_wal")) << persist;
}

TEST_F(Pages, ShowAHintQueueThatFillsAndDrains) {
  Cluster lossy;
  ASSERT_TRUE(lossy.start_all());
  HttpClient a = lossy.http(0);
  lossy.process(2).kill_now();
  for (int i = 0; i < 10; ++i) ASSERT_EQ(a.put("/kv/key-" + std::to_string(i), "v").status, 204);
  Json hints;
  for (int tries = 0; tries < 500 && hints["count"] != 10; ++tries) hints = a.get("/debug/hints").json();
  EXPECT_EQ(hints["count"], 10);
  EXPECT_EQ(hints["targets"], (Json{"node-c"}));
  EXPECT_EQ(hints["queues"]["node-c"]["pending"], 10);
  EXPECT_EQ(a.get("/admin/hints/wait?timeout_ms=100").status, 504);
  ASSERT_TRUE(lossy.start_all());
  EXPECT_EQ(a.get("/admin/hints/wait?timeout_ms=30000").status, 200);
  EXPECT_EQ(a.get("/debug/hints").json()["count"], 0);
  HttpClient c = lossy.http(2);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(c.get("/debug/siblings/key-" + std::to_string(i)).status, 200) << i;
}

TEST_F(Pages, MetricsHaveTheirNames) {
  ASSERT_EQ(a.put("/kv/k?w=3", "v").status, 204);
  ASSERT_EQ(a.get("/kv/k?r=3").status, 200);
  ASSERT_EQ(a.send({"DELETE", "/kv/k", {}, {}}).status, 204);
  const HttpAnswer page = a.get("/metrics");
  EXPECT_THAT(page.field("content-type"), HasSubstr("text/plain"));
  std::istringstream text(page.body);
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  const char* const kWanted[] = {
      R"(stator_request_duration_seconds_count\{.*keyspace="default".*op="put".*outcome="ok".*transport="http".*\} 1)",
      R"(stator_request_duration_seconds_count\{.*keyspace="default".*op="delete".*outcome="ok".*transport="http".*\} 1)",
      R"(stator_request_duration_seconds_bucket\{.*op="get".*le="0.001".*\} .*)",
      R"(stator_wal_fsync_seconds_count.* [1-9].*)",
      R"(stator_replica_rpc_seconds_count\{.*method="put".*peer="node-b".*\} .*)",
      R"(stator_replica_rpc_seconds_count\{.*method="get".*peer="node-c".*\} .*)",
      R"(stator_siblings_count.* 1)",
      R"(stator_hints_pending\{target="node-b"\} 0)",
      R"(stator_repair_bytes_total\{kind="hint"\} 0)",
      R"(stator_partitions_owned\{keyspace="default"\} 4096)",
      R"(stator_members\{.*state="alive"\} 3)",
      R"(process_cpu_seconds_total .*)",
      R"(process_resident_memory_bytes .*)",
      R"(process_virtual_memory_bytes .*)",
      R"(process_open_fds .*)",
      R"(process_max_fds .*)",
      R"(process_start_time_seconds .*)",
      R"(# HELP stator_hints_pending .*handoff\.queue\.depth.*)",
      R"(# HELP stator_request_duration_seconds .*put\.latency.*get\.latency.*)",
  };
  for (const char* wanted : kWanted) EXPECT_THAT(lines, Contains(MatchesRegex(wanted))) << page.body;
}

TEST_F(Pages, EveryLogLineIsJsonAndNoneHoldsAKeyOrValue) {
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  ASSERT_EQ(
      a.send({"PUT", "/kv/hush-key", {{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}}, "hush-value"}).status,
      204);
  bool told = false;
  for (const Json& line : log(0)) {
    ASSERT_TRUE(line.is_object()) << cluster.process(0).errors();
    for (const char* member : {"ts", "level", "msg", "node"}) EXPECT_TRUE(line.contains(member)) << line;
    if (line.value("trace_id", "") != trace) continue;
    told = true;
    EXPECT_EQ(line["op"], "put");
    EXPECT_EQ(line["keyspace"], "default");
    EXPECT_THAT(line.value("key_hash", ""), MatchesRegex("[0-9a-f]{8}"));
    EXPECT_EQ(line["vclock"], "node-a:1");
    EXPECT_EQ(line["status"], "ok");
    EXPECT_TRUE(line["micros"].is_number());
  }
  EXPECT_TRUE(told);
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    EXPECT_THAT(cluster.process(node).errors(), testing::Not(HasSubstr("hush")));
  }
}

TEST_F(Pages, TextIsTheOtherFormOfTheLog) {
  cluster.process(0).kill_now();
  cluster.process(0).command().arguments.emplace_back("--set=log.format=text");
  ASSERT_TRUE(cluster.start(0));
  // Its transports answer a moment before it says so.
  EXPECT_TRUE(await([&] { return cluster.process(0).errors().find(" info node-a ready") != std::string::npos; }));
}

TEST_F(Pages, ExplainAsksEveryMember) {
  HttpClient b = cluster.http(1);
  const std::string read = a.put("/kv/color?w=3", "old").field("x-stator-context");
  ASSERT_EQ(a.put("/kv/color?w=3", "red", read).status, 204);
  ASSERT_EQ(b.put("/kv/color?w=3", "blue", read).status, 204);
  const Json both = a.get("/admin/explain/color").json();
  EXPECT_EQ(both["keyspace"], "default");
  EXPECT_EQ(both["equal"], true) << both;
  EXPECT_EQ(both["resolution"]["winner"], "node-b:1");
  EXPECT_EQ(both["resolution"]["resolvedBy"], "LWW");
  ASSERT_EQ(both["preference_list"].size(), 3U);
  for (const Json& node : both["preference_list"]) {
    EXPECT_EQ(node["role"], "primary");
    EXPECT_EQ(node["status"], "holds");
    EXPECT_EQ(node["versions"].size(), 2U) << node;
  }
  Json as_a_sees_it = both["preference_list"];
  Json as_b_sees_it = b.get("/admin/explain/color").json()["preference_list"];
  for (Json* list : {&as_a_sees_it, &as_b_sees_it}) {
    for (Json& node : *list) {
      // What grows between the two looks.
      for (Json& comparison : node["comparisons"]) comparison.erase("equal_for_millis");
    }
  }
  EXPECT_EQ(as_b_sees_it, as_a_sees_it);
  EXPECT_EQ(a.get("/ks/default/admin/explain/color").status, 200);
  EXPECT_EQ(a.get("/ks/unknown/admin/explain/color").status, 404);
  EXPECT_EQ(a.get("/admin/explain/nothing").json()["preference_list"][0]["status"], "absent");
}

TEST_F(Pages, ExplainSaysWhyATombstoneIsKeptAndWhoIsDown) {
  ASSERT_EQ(a.put("/kv/doomed?w=3", "v").status, 204);
  ASSERT_EQ(a.send({"DELETE", "/kv/doomed?w=3", {}, {}}).status, 204);
  const Json kept = a.get("/admin/explain/doomed").json();
  EXPECT_EQ(kept["resolution"]["found"], false);
  EXPECT_EQ(kept["tombstone"]["blocked_by"], Json::parse("[1]")) << kept;
  cluster.process(2).kill_now();
  const Json down = a.get("/admin/explain/doomed").json();
  EXPECT_EQ(down["tombstone"]["blocked_by"], Json::parse("[1,2,3]")) << down;
  for (const Json& node : down["preference_list"]) {
    EXPECT_EQ(node["status"], node["node"] == "node-c" ? "unreachable" : "holds") << node;
  }
  cluster.process(1).freeze();
  const HttpAnswer silent = a.get("/admin/explain/doomed?timeout_ms=300");
  EXPECT_EQ(silent.status, 200) << "whoever is silent is waited for no longer than asked";
  EXPECT_EQ(silent.json()["equal"], false);
}

}  // namespace
}  // namespace stator::cluster
