#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

/// Four nodes; keyspaces that differ in all that a keyspace can choose.
const char* const kManyTables = R"(
[membership.main]
plugin = "static"
vnodes_per_node = 64

[storage.fast]
plugin = "memtable"
segment_bytes = "1MiB"

[storage.other]
plugin = "memtable"
segment_bytes = "256KiB"

[transport.http]
plugin = "http"

[transport.inside]
plugin = "http"

[transport.grpc]
plugin = "grpc"

[transport.tcp]
plugin = "tcp"

[keyspace.default]
resolver = "lww"
storage = "fast"
membership = "main"
sloppy = false
transports = ["http", "grpc"]
n = 3
r = 2
w = 2

[keyspace.sessions]
resolver = "lww"
storage = "other"
membership = "main"
sloppy = false
transports = ["http", "inside"]
n = 1
r = 1
w = 1
max_value_bytes = "1KiB"

[keyspace.ledger]
resolver = "lww"
storage = "other"
membership = "main"
sloppy = false
transports = ["inside"]
n = 4
r = 3
w = 3
min_r = 3
min_w = 2

[keyspace.latest]
resolver = "lww"
storage = "fast"
membership = "main"
sloppy = false
transports = ["http"]
siblings = "collapse"
n = 3
)";

class Keyspaces : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(cluster.start_all()); }

  Cluster cluster{{.nodes = {"node-a", "node-b", "node-c", "node-d"},
                   .transports = {"http", "inside", "grpc", "tcp"},
                   .tables = kManyTables}};
  HttpClient a = cluster.http(0);
  HttpClient b = cluster.http(1);
};

TEST_F(Keyspaces, EachIsAStoreOfItsOwn) {
  ASSERT_EQ(a.put("/kv/k", "in default").status, 204);
  ASSERT_EQ(a.put("/ks/sessions/kv/k", "in sessions").status, 204);
  ASSERT_EQ(cluster.http(0, "inside").put("/ks/ledger/kv/k", "in ledger").status, 204);
  EXPECT_EQ(b.get("/kv/k").body, "in default");
  EXPECT_EQ(b.get("/ks/default/kv/k").body, "in default");
  EXPECT_EQ(b.get("/ks/sessions/kv/k").body, "in sessions");
  EXPECT_EQ(cluster.http(1, "inside").get("/ks/ledger/kv/k").body, "in ledger");
  EXPECT_EQ(a.send({"DELETE", "/ks/sessions/kv/k", {}, {}}).status, 204);
  EXPECT_EQ(b.get("/ks/sessions/kv/k").status, 404);
  EXPECT_EQ(b.get("/kv/k").body, "in default");
}

TEST_F(Keyspaces, AreThereOnlyThroughTheirTransports) {
  const HttpAnswer unknown = a.get("/ks/nowhere/kv/k");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.json()["error"], "not_found");
  EXPECT_THAT(unknown.json().value("message", ""), HasSubstr("nowhere"));
  EXPECT_EQ(a.put("/ks/nowhere/kv/k", "v").status, 404);
  EXPECT_EQ(a.put("/ks/ledger/kv/k", "v").status, 404) << "ledger lives inside";
  EXPECT_EQ(a.get("/debug/siblings/k").status, 404);
  HttpClient inside = cluster.http(0, "inside");
  EXPECT_EQ(inside.put("/kv/k", "v").status, 404) << "default lives outside";
  EXPECT_EQ(inside.put("/ks/ledger/kv/k", "v").status, 204);
  EXPECT_EQ(inside.put("/ks/sessions/kv/k", "v").status, 204);
  EXPECT_EQ(a.get("/ks/sessions/kv/k").body, "v");
}

TEST_F(Keyspaces, EveryNodeServesKeysThatOthersHold) {
  int held_elsewhere = 0;
  for (int i = 0; i < 32; ++i) {
    const std::string key = "/ks/sessions/kv/key-" + std::to_string(i);
    const HttpAnswer put = a.put_json(key, {{"valueBase64", "dg=="}});
    ASSERT_EQ(put.status, 200) << put.body;
    held_elsewhere += put.json()["vectorClock"] == Json{{"node-a", 1}} ? 0 : 1;
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      const HttpAnswer got = cluster.http(node).get(key);
      EXPECT_EQ(got.json()["valueBase64"], "dg==") << key << " at " << cluster.name(node) << ": " << got.body;
    }
    const std::string context = put.json()["context"];
    EXPECT_EQ(b.put_json(key, {{"valueBase64", ""}, {"context", context}}).status, 200);
    EXPECT_EQ(b.send({"DELETE", key, {{"If-Match", "\"" + context + "\""}}, {}}).status, 412);
    EXPECT_EQ(a.send({"DELETE", key, {}, {}}).status, 204);
    EXPECT_EQ(b.get(key).status, 404);
  }
  EXPECT_GT(held_elsewhere, 8) << "a request is forwarded to a node that holds the key";
}

TEST_F(Keyspaces, HaveTheirOwnNumbersAndLimits) {
  HttpClient inside = cluster.http(0, "inside");
  EXPECT_EQ(inside.put("/ks/ledger/kv/k?w=4", "v").status, 204);
  EXPECT_EQ(inside.put("/ks/ledger/kv/k?w=1", "v").status, 400) << "below min_w";
  EXPECT_EQ(inside.get("/ks/ledger/kv/k?consistency=one").status, 400) << "below min_r";
  EXPECT_EQ(inside.get("/ks/ledger/kv/k?r=4").status, 200);
  EXPECT_EQ(a.put("/kv/k?w=4", "v").status, 400);
  EXPECT_EQ(a.put("/ks/sessions/kv/k?w=2", "v").status, 400);
  EXPECT_EQ(a.put("/ks/sessions/kv/k", std::string(1024, 'x')).status, 204);
  EXPECT_EQ(a.put("/ks/sessions/kv/k", std::string(1025, 'x')).status, 413);
  EXPECT_EQ(a.put("/kv/k", std::string(1025, 'x')).status, 204);
}

TEST_F(Keyspaces, MayCollapseTheirSiblings) {
  const std::string read = a.put("/ks/latest/kv/k?w=3", "old").field("x-stator-context");
  ASSERT_EQ(a.put("/ks/latest/kv/k?w=3", "red", read).status, 204);
  ASSERT_EQ(b.put("/ks/latest/kv/k?w=3", "blue", read).status, 204);
  const HttpAnswer answer = cluster.http(2).get("/ks/latest/kv/k");
  EXPECT_EQ(answer.body, "blue");
  EXPECT_EQ(answer.field("x-stator-siblings"), "");
}

TEST_F(Keyspaces, AreShownWithWhatTheyChose) {
  const Json pages = a.get("/admin/keyspaces").json();
  std::map<std::string, Json> by_name;
  for (const Json& keyspace : pages["keyspaces"]) by_name[keyspace["name"]] = keyspace;
  ASSERT_EQ(by_name.size(), 4U) << pages;
  EXPECT_EQ(by_name["ledger"]["n"], 4);
  EXPECT_EQ(by_name["ledger"]["storage"], "other");
  EXPECT_EQ(by_name["sessions"]["transports"], (Json{"http", "inside"}));
  EXPECT_EQ(by_name["latest"]["siblings"], "collapse");
  EXPECT_EQ(by_name["latest"]["r"], 2) << "a majority of n unless said otherwise";
  EXPECT_TRUE(std::filesystem::is_directory(cluster.data_directory(0) + "/storage/fast"));
  EXPECT_TRUE(std::filesystem::is_directory(cluster.data_directory(0) + "/storage/other"));
}

}  // namespace
}  // namespace stator::cluster
