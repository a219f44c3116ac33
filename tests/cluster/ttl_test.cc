#include <nlohmann/json.hpp>

#include "tests/cluster/carrier_test.h"

namespace stator::cluster {
namespace {

using Json = nlohmann::json;

/// Values with a lifetime. A test waits until they are gone on one node, and then they are on every node that reads
/// its own clock no earlier: here all nodes read the same one.
class Ttl : public CarrierTest {
 protected:
  static constexpr const char* kBrief = "1";
  static constexpr const char* kLong = "3600000";

  static HttpAnswer put(HttpClient& client, const std::string& target, const std::string& ttl,
                        std::vector<std::pair<std::string, std::string>> fields = {}) {
    fields.emplace_back("X-Stator-TTL", ttl);
    return client.send({"PUT", target, std::move(fields), "v"});
  }
  static bool await_gone(HttpClient& client, const std::string& key) {
    return await([&] { return client.get("/kv/" + key).status == 404; });
  }

  HttpClient a = cluster.http(0);
  HttpClient b = cluster.http(1);
  HttpClient c = cluster.http(2);
};
INSTANTIATE_FOR_CARRIERS(Ttl);

TEST_P(Ttl, AValueIsGoneOnEveryReplicaWhenItsTimeIsUp) {
  ASSERT_EQ(put(a, "/kv/long?w=3", kLong).status, 204);
  ASSERT_EQ(a.put("/kv/query?w=3&ttl_ms=2000", "v").status, 204);
  ASSERT_EQ(put(b, "/kv/field?w=3", "2000").status, 204);
  ASSERT_EQ(
      c.send({"PUT", "/kv/json?w=3&ttl_ms=2000", {{"Content-Type", "application/json"}}, R"({"valueBase64":"dg=="})"})
          .status,
      200);
  for (const std::string key : {"query", "field", "json"}) {
    ASSERT_TRUE(await_gone(a, key)) << key;
    for (HttpClient* client : {&a, &b, &c}) {
      EXPECT_EQ(client->get("/kv/" + key + "?r=1").status, 404) << key;
      EXPECT_EQ(client->get("/kv/" + key + "?consistency=all").status, 404) << key;
    }
  }
  for (HttpClient* client : {&a, &b, &c}) EXPECT_EQ(client->get("/kv/long").body, "v");
}

TEST_P(Ttl, IsCountedFromTheLastWrite) {
  ASSERT_EQ(put(a, "/kv/renewed?w=3", kBrief).status, 204);
  ASSERT_EQ(put(a, "/kv/renewed?w=3", kLong).status, 204);
  ASSERT_EQ(put(a, "/kv/kept?w=3", kBrief).status, 204);
  ASSERT_EQ(b.put("/kv/kept?w=3", "for ever").status, 204);
  ASSERT_EQ(put(a, "/kv/witness?w=3", kBrief).status, 204);
  ASSERT_TRUE(await_gone(c, "witness"));
  EXPECT_EQ(c.get("/kv/renewed").body, "v");
  EXPECT_EQ(c.get("/kv/kept").body, "for ever");
}

TEST_P(Ttl, AnExpiredValueCountsAsGoneToPreconditions) {
  const std::string tag = put(a, "/kv/brief?w=3", kBrief).field("etag");
  ASSERT_TRUE(await_gone(b, "brief"));
  for (HttpClient* client : {&a, &b, &c}) {
    EXPECT_EQ(client->send({"PUT", "/kv/brief", {{"If-Match", "*"}}, "w"}).status, 412);
    EXPECT_EQ(client->send({"PUT", "/kv/brief", {{"If-Match", tag}}, "w"}).status, 412);
    EXPECT_EQ(client->send({"DELETE", "/kv/brief", {{"If-Match", tag}}, {}}).status, 412);
  }
  EXPECT_EQ(c.send({"PUT", "/kv/brief?w=3", {{"If-None-Match", "*"}}, "new"}).status, 204);
  EXPECT_EQ(b.send({"PUT", "/kv/brief?w=3", {{"If-None-Match", "*"}}, "newer"}).status, 412);
  for (HttpClient* client : {&a, &b, &c}) EXPECT_EQ(client->get("/kv/brief").body, "new");
}

TEST_P(Ttl, AWriteWithTheContextOfWhatHasExpiredLeavesOneVersion) {
  ASSERT_EQ(put(a, "/kv/again?w=3", kBrief).status, 204);
  ASSERT_TRUE(await_gone(b, "again"));
  const std::string context = b.get("/kv/again").field("x-stator-context");
  ASSERT_NE(context, "");
  ASSERT_EQ(c.put("/kv/again?w=3", "new", context).status, 204);
  const HttpAnswer answer = a.get("/kv/again");
  EXPECT_EQ(answer.body, "new");
  EXPECT_EQ(answer.field("x-stator-siblings"), "");
}

TEST_P(Ttl, WhatIsNoLifetimeIsRefused) {
  for (const char* bad : {"0", "-1", "1s", "soon", "99999999999999999999"}) {
    const HttpAnswer field = put(a, "/kv/refused", bad);
    EXPECT_EQ(field.status, 400) << bad << field.body;
    EXPECT_NE(field.json()["message"].get<std::string>().find("X-Stator-TTL"), std::string::npos) << field.body;
    EXPECT_EQ(a.put(std::string("/kv/refused?ttl_ms=") + bad, "v").status, 400) << bad;
  }
  EXPECT_EQ(put(a, "/kv/refused?ttl_ms=1000", "2000").status, 400) << "two of them";
  EXPECT_EQ(a.send({"DELETE", "/kv/refused?ttl_ms=1000", {}, {}}).status, 400) << "a removal has none";
  EXPECT_EQ(a.get("/kv/refused").status, 404);
}

}  // namespace
}  // namespace stator::cluster
