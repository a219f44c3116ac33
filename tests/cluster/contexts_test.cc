#include <algorithm>
#include <set>
#include <string>

#include "kernel/coordinator/context_token.h"
#include "tests/cluster/carrier_test.h"

namespace stator::cluster {
namespace {

using ::testing::StartsWith;
using Json = nlohmann::json;

class Contexts : public CarrierTest {
 protected:
  /// Two writes through two nodes by clients that have both read the same; the stale context.
  std::string make_siblings(const std::string& target) {
    std::string read = a.put(target + "?w=3", "old").field("x-stator-context");
    EXPECT_EQ(a.put(target + "?w=3", "red", read).status, 204);
    EXPECT_EQ(b.put(target + "?w=3", "blue", read).status, 204);
    return read;
  }
  static Json as_json(HttpClient& client, const std::string& target) {
    return client.send({"GET", target, {{"Accept", "application/json"}}, {}}).json();
  }
  static std::set<std::string> values(const Json& answer) {
    std::set<std::string> all;
    for (const Json& sibling : answer["siblings"])
      all.insert(sibling["valueBase64"].is_null() ? "null" : sibling["valueBase64"]);
    return all;
  }

  HttpClient a = cluster.http(0);
  HttpClient b = cluster.http(1);
  HttpClient c = cluster.http(2);
  const std::string red = "cmVk";
  const std::string blue = "Ymx1ZQ==";
};
INSTANTIATE_FOR_CARRIERS(Contexts);

TEST_P(Contexts, ConcurrentWritesAreSiblings) {
  make_siblings("/kv/color");
  const Json answer = as_json(c, "/kv/color");
  EXPECT_EQ(answer["found"], true);
  EXPECT_EQ(values(answer), (std::set<std::string>{red, blue})) << answer;
  for (const Json& sibling : answer["siblings"]) {
    EXPECT_EQ(sibling["vectorClock"], (sibling["valueBase64"] == red ? Json{{"node-a", 2}} : Json{{"node-b", 1}}));
    EXPECT_GT(sibling["lwwMillis"], 1'600'000'000'000);
    EXPECT_EQ(sibling.value("tombstone", false), false);
  }
  EXPECT_EQ(answer["resolved"]["valueBase64"], blue) << "the later one";
  EXPECT_EQ(answer["resolved"]["resolvedBy"], "LWW");
  EXPECT_TRUE(answer["context"].is_string());

  const HttpAnswer bytes = a.get("/kv/color");
  EXPECT_EQ(bytes.body, "blue");
  EXPECT_EQ(bytes.field("x-stator-siblings"), "2");
  EXPECT_EQ(bytes.field("x-stator-context"), answer["context"]);
  const HttpAnswer head = a.send({"HEAD", "/kv/color", {}, {}});
  EXPECT_EQ(head.field("x-stator-siblings"), "2");
}

TEST_P(Contexts, AWriteWithTheirContextResolvesSiblings) {
  make_siblings("/kv/color");
  const std::string both = as_json(c, "/kv/color")["context"];
  ASSERT_EQ(c.put_json("/kv/color", {{"valueBase64", "cHVycGxl"}, {"context", both}}).status, 200);
  for (HttpClient* client : {&a, &b, &c}) {
    const Json answer = as_json(*client, "/kv/color?consistency=all");
    EXPECT_EQ(answer["valueBase64"], "cHVycGxl") << answer;
    EXPECT_FALSE(answer.contains("siblings"));
    EXPECT_EQ(answer["vectorClock"], (Json{{"node-a", 2}, {"node-b", 1}, {"node-c", 1}}));
  }
}

TEST_P(Contexts, ARemovalTakesOnlyWhatItsClientSaw) {
  const std::string read = a.put("/kv/color?w=3", "old").field("x-stator-context");
  ASSERT_EQ(a.put("/kv/color?w=3", "red", read).status, 204);
  const HttpAnswer removed = b.send({"DELETE", "/kv/color?w=3", {{"X-Stator-Context", read}}, {}});
  ASSERT_EQ(removed.status, 204) << removed.body;
  const Json answer = as_json(c, "/kv/color");
  EXPECT_EQ(values(answer), (std::set<std::string>{red, "null"})) << answer;
  const auto tombstone = std::find_if(answer["siblings"].begin(), answer["siblings"].end(),
                                      [](const Json& sibling) { return sibling.value("tombstone", false); });
  EXPECT_NE(tombstone, answer["siblings"].end());
}

TEST_P(Contexts, ARemovedKeyCanBeMadeAgain) {
  ASSERT_EQ(a.put("/kv/phoenix?w=3", "one").status, 204);
  ASSERT_EQ(b.send({"DELETE", "/kv/phoenix", {}, {}}).status, 204);
  const HttpAnswer gone = c.get("/kv/phoenix");
  ASSERT_EQ(gone.status, 404);
  EXPECT_NE(gone.field("x-stator-context"), "") << "what replaces the removal needs its context";
  ASSERT_EQ(c.put("/kv/phoenix?w=3", "two", gone.field("x-stator-context")).status, 204);
  EXPECT_EQ(a.get("/kv/phoenix").body, "two");
  ASSERT_EQ(a.send({"DELETE", "/kv/phoenix?w=3", {}, {}}).status, 204);
  ASSERT_EQ(b.put("/kv/phoenix", "three").status, 204);
  for (HttpClient* client : {&a, &b, &c}) EXPECT_EQ(client->get("/kv/phoenix?consistency=all").body, "three");
}

TEST_P(Contexts, CreateOnlyMakesAKeyOnce) {
  const HttpRequest create{"PUT", "/kv/once?w=3", {{"If-None-Match", "*"}}, "first"};
  EXPECT_EQ(a.send(create).status, 204);
  const HttpAnswer again = b.send(create);
  EXPECT_EQ(again.status, 412);
  EXPECT_EQ(again.json()["error"], "precondition_failed");
  EXPECT_EQ(c.get("/kv/once").body, "first");
  ASSERT_EQ(c.send({"DELETE", "/kv/once?w=3", {}, {}}).status, 204);
  EXPECT_EQ(b.send(create).status, 204) << "a removed key is not there";
}

TEST_P(Contexts, IfMatchWritesOnlyOverWhatWasRead) {
  const std::string tag = a.put("/kv/tagged?w=3", "one").field("etag");
  EXPECT_EQ(b.send({"PUT", "/kv/tagged?w=3", {{"If-Match", tag}}, "two"}).status, 204);
  const HttpAnswer stale = c.send({"PUT", "/kv/tagged?w=3", {{"If-Match", tag}}, "three"});
  EXPECT_EQ(stale.status, 412) << stale.body;
  EXPECT_EQ(c.get("/kv/tagged").body, "two");
  EXPECT_EQ(c.send({"DELETE", "/kv/tagged", {{"If-Match", tag}}, {}}).status, 412);
  EXPECT_EQ(c.send({"PUT", "/kv/tagged?w=3", {{"If-Match", "*"}}, "four"}).status, 204);
  EXPECT_EQ(c.send({"PUT", "/kv/absent", {{"If-Match", "*"}}, "v"}).status, 412);
  const std::string current = b.get("/kv/tagged").field("etag");
  EXPECT_EQ(b.send({"GET", "/kv/tagged", {{"If-None-Match", current}}, {}}).status, 304);
}

TEST_P(Contexts, WhatTheClusterDidNotIssueIsRefused) {
  const std::string good = a.put("/kv/key", "v").field("x-stator-context");
  std::string altered = good;
  altered[altered.size() / 2] = altered[altered.size() / 2] == 'A' ? 'B' : 'A';
  const ContextTokens forger("a guess");
  const ContextTokens issuer("stator:test");  // what a cluster without a secret signs with
  Context made_up;
  made_up.add({{"node-a", Stamp{1}}, 9});
  Context future;
  future.add({{"node-a", Stamp{std::uint64_t{4'000'000'000'000} << 16}}, 1});
  const std::pair<const char*, std::string> bad[] = {
      {"altered", altered},
      {"truncated", good.substr(0, good.size() / 2)},
      {"of another key", a.put("/kv/other", "v").field("x-stator-context")},
      {"forged", forger.issue(made_up, "default", "key")},
      {"from the future", issuer.issue(future, "default", "key")},
      {"no base64", "!!!!"},
      {"of another keyspace", issuer.issue(made_up, "another", "key")},
  };
  for (const auto& [what, context] : bad) {
    const HttpAnswer answer = b.put("/kv/key", "bad", context);
    EXPECT_EQ(answer.status, 400) << what << ": " << answer.body;
    EXPECT_EQ(b.send({"DELETE", "/kv/key", {{"X-Stator-Context", context}}, {}}).status, 400) << what;
    EXPECT_EQ(b.put_json("/kv/key", {{"valueBase64", ""}, {"context", context}}).status, 400) << what;
  }
  EXPECT_EQ(c.get("/kv/key").body, "v");
  EXPECT_EQ(b.put("/kv/key", "good", good).status, 204);
}

TEST_P(Contexts, ARetryWithItsOpIdWritesNothingNew) {
  const Json envelope{{"valueBase64", red}, {"opId", "7d444840-9dc0-11d1-b245-5ffdce74fad2"}};
  const HttpAnswer first = a.put_json("/kv/retried?w=3", envelope);
  ASSERT_EQ(first.status, 200) << first.body;
  for (HttpClient* client : {&a, &b, &c}) {
    const HttpAnswer again = client->put_json("/kv/retried?w=3", envelope);
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.json()["vectorClock"], first.json()["vectorClock"]);
    EXPECT_EQ(again.json()["lwwMillis"], first.json()["lwwMillis"]);
  }
  EXPECT_EQ(b.get("/kv/retried").json()["vectorClock"], (Json{{"node-a", 1}}));

  const std::string target = "/kv/retried?w=3&opId=7d444840-9dc0-11d1-b245-5ffdce74fad3";
  ASSERT_EQ(a.send({"DELETE", target, {}, {}}).status, 204);
  ASSERT_EQ(b.send({"DELETE", target, {}, {}}).status, 204);
  EXPECT_EQ(c.get("/kv/retried").status, 404);
}

TEST_P(Contexts, TwoBlindWritesThroughDifferentNodesDoNotBothStay) {
  ASSERT_EQ(a.put("/kv/blind?w=3", "one").status, 204);
  ASSERT_EQ(b.put("/kv/blind?w=3", "two").status, 204);
  const HttpAnswer answer = c.get("/kv/blind");
  EXPECT_EQ(answer.body, "two");
  EXPECT_EQ(answer.field("x-stator-siblings"), "") << "a blind write replaces what its replica knows";
}

}  // namespace
}  // namespace stator::cluster
