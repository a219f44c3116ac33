#include "cli/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_node.h"

namespace stator::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

/// A terminal of strings, and a node that answers each target (without its query) with what is set for it.
class Verbs : public ::testing::Test {
 protected:
  Verbs()
      : node_([this](const FakeNode::Request& request) {
          const auto found = pages_.find(request.target.substr(0, request.target.find('?')));
          return found == pages_.end() ? answer(404, R"({"error":"not_found","message":"no such page"})")
                                       : found->second;
        }) {}

  template <typename Options>
  Options about(const std::string& key) {
    Options options;
    options.address = {node_.endpoint(), "default", key};
    return options;
  }

  std::map<std::string, std::string> pages_;  // filled before the first request
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  Terminal terminal_{in_, out_, err_};
  FakeNode node_;
};

TEST_F(Verbs, HintsWaitsWhenToldToAndShowsTheQueues) {
  pages_["/debug/hints"] =
      answer(200, R"({"count":3,"targets":["node-c"],"queues":{"node-c":{"pending":3,"bytes":99}}})");
  HintsOptions hints{.nodes = {node_.endpoint()}};
  EXPECT_EQ(run(hints, terminal_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("node-c"));
  EXPECT_THAT(out_.str(), HasSubstr("99"));
  hints.wait = true;
  EXPECT_EQ(run(hints, terminal_), ExitCode::failed);  // this node does not know how
  EXPECT_THAT(node_.requests().back().target, HasSubstr("/admin/hints/wait?timeout_ms="));
}

TEST_F(Verbs, PutSendsTheBytesOfStandardInput) {
  pages_["/kv/a%2Fb"] = answer(204, "", "X-Stator-Context: c1\r\nETag: \"c1\"\r\n");
  const std::string bytes("\0\xff\n", 3);
  in_.str(bytes);
  auto put = about<PutOptions>("a/b");
  put.value = "-";
  put.context = "c0";
  put.w = 3;
  put.ttl = std::chrono::seconds(2);
  EXPECT_EQ(run(put, terminal_), ExitCode::ok);
  EXPECT_EQ(out_.str(), "context c1\n");
  const auto request = node_.requests().front();
  EXPECT_EQ(request.target, "/kv/a%2Fb?w=3&ttl_ms=2000&raw=true");
  EXPECT_EQ(request.body, bytes);
  EXPECT_THAT(request.head, HasSubstr("Content-Type: application/octet-stream\r\n"));
  EXPECT_THAT(request.head, HasSubstr("X-Stator-Context: c0\r\n"));
}

TEST_F(Verbs, PutSaysWhyItFailed) {
  pages_["/kv/k"] = answer(503, R"({"error":"quorum_not_reached","message":"too few","required":2,"acked":1})");
  EXPECT_EQ(run(about<PutOptions>("k"), terminal_), ExitCode::failed);
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(err_.str(), HasSubstr("HTTP 503: quorum_not_reached: too few (1 of 2)"));
}

TEST_F(Verbs, UpdatePostsTheOperation) {
  pages_["/ks/carts/kv/cart"] = answer(200, R"({"ok":true,"context":"c1"})");
  auto update = about<UpdateOptions>("cart");
  update.address.keyspace = "carts";
  update.op = "add_all";
  update.arguments = {"note=a=b", "elements:=[\"milk\",7]", "empty="};
  update.context = "c0";
  update.op_id = "u";
  update.w = 3;
  update.ttl = std::chrono::seconds(2);
  EXPECT_EQ(run(update, terminal_), ExitCode::ok);
  EXPECT_EQ(out_.str(), "context c1\n");
  const auto request = node_.requests().front();
  EXPECT_EQ(request.target, "/ks/carts/kv/cart?w=3&ttl_ms=2000&opId=u");
  EXPECT_THAT(request.head, HasSubstr("POST "));
  EXPECT_THAT(request.head, HasSubstr("X-Stator-Context: c0\r\n"));
  EXPECT_EQ(json::parse(request.body),
            json::parse(R"({"op":"add_all","note":"a=b","elements":["milk",7],"empty":""})"));
  update.json = true;
  EXPECT_EQ(run(update, terminal_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr(R"({"ok":true,"context":"c1"})"));
}

TEST_F(Verbs, UpdateRefusesArgumentsThatAreNone) {
  for (const char* bad : {"milk", "=milk", ":=7", "elements:=[", "op=other"}) {
    auto update = about<UpdateOptions>("cart");
    update.op = "add";
    update.arguments = {bad};
    EXPECT_EQ(run(update, terminal_), ExitCode::usage) << bad;
  }
  EXPECT_TRUE(node_.requests().empty());
}

TEST_F(Verbs, GetWritesTheValueAndNothingElse) {
  const std::string bytes("a\0b", 3);
  pages_["/ks/carts/kv/k"] = answer(200, bytes);
  auto get = about<GetOptions>("k");
  get.address.keyspace = "carts";
  get.r = 1;
  EXPECT_EQ(run(get, terminal_), ExitCode::ok);
  EXPECT_EQ(out_.str(), bytes);
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(node_.requests().front().target, "/ks/carts/kv/k?r=1");
}

TEST_F(Verbs, GetEndsTheLineForAPersonUnlessRaw) {
  pages_["/kv/k"] = answer(200, "v");
  terminal_.out_is_tty = true;
  auto get = about<GetOptions>("k");
  EXPECT_EQ(run(get, terminal_), ExitCode::ok);
  EXPECT_EQ(out_.str(), "v\n");
  get.raw = true;
  EXPECT_EQ(run(get, terminal_), ExitCode::ok);
  EXPECT_EQ(out_.str(), "v\nv");
}

TEST_F(Verbs, GetTellsOfSiblingsBesideTheValue) {
  pages_["/kv/k"] = answer(200, "v", "X-Stator-Siblings: 2\r\n");
  EXPECT_EQ(run(about<GetOptions>("k"), terminal_), ExitCode::ok);
  EXPECT_EQ(out_.str(), "v");
  EXPECT_THAT(err_.str(), HasSubstr("2 concurrent versions"));
}

TEST_F(Verbs, GetHasNoValueToWriteWhereNoneIsPicked) {
  pages_["/kv/k"] = answer(300, R"({"found":true,"siblings":[],"resolved":null})", "X-Stator-Siblings: 2\r\n");
  EXPECT_EQ(run(about<GetOptions>("k"), terminal_), ExitCode::failed);
  EXPECT_EQ(out_.str(), "");
  EXPECT_THAT(err_.str(), HasSubstr("k: 2 concurrent versions, and none is picked"));
}

TEST_F(Verbs, GetTellsAMissingKeyFromAMissingKeyspace) {
  pages_["/kv/k"] = answer(404, "");
  pages_["/kv/json"] = answer(404, R"({"found":false})");
  EXPECT_EQ(run(about<GetOptions>("k"), terminal_), ExitCode::failed);
  EXPECT_THAT(err_.str(), HasSubstr("k: not found"));
  auto get = about<GetOptions>("json");
  get.json = true;
  EXPECT_EQ(run(get, terminal_), ExitCode::failed);
  EXPECT_EQ(out_.str(), "{\"found\":false}\n");
  get.address.keyspace = "gone";
  EXPECT_EQ(run(get, terminal_), ExitCode::failed);
  EXPECT_THAT(err_.str(), HasSubstr("no such page"));
}

TEST_F(Verbs, DeletePassesItsContextAndPrintsTheNewOne) {
  pages_["/kv/k"] = answer(200, R"({"ok":true,"tombstone":true,"context":"c2"})");
  auto remove = about<DeleteOptions>("k");
  remove.context = "c1";
  EXPECT_EQ(run(remove, terminal_), ExitCode::ok);
  EXPECT_EQ(out_.str(), "context c2\n");
  const auto request = node_.requests().front();
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_EQ(json::parse(request.body), (json{{"context", "c1"}}));
}

TEST_F(Verbs, RingShowsOwnersAndPlacement) {
  pages_["/admin/ring"] = answer(
      200, R"({"partition_bits":12,"partitions":4096,"fingerprint":"beef","memberships":{"main":{"vnodes_per_node":128,
      "nodes":[{"id":"node-a","state":"alive","tokens":128,"partitions_owned":1365,"share":0.3333}],
      "tokens":[{"token":"00ff","node":"node-a"}]}},"keyspaces":{"default":{"n":3,"membership":"main"}},
      "placement":{"key_token":"aa","partition":7,"preference_list":["node-b","node-a"]}})");
  RingOptions ring{.node = node_.endpoint(), .key = "a b", .tokens = true};
  EXPECT_EQ(run(ring, terminal_), ExitCode::ok);
  EXPECT_EQ(node_.requests().front().target, "/admin/ring?key=a%20b");
  EXPECT_THAT(out_.str(), HasSubstr("node-a  alive     128        1365  33.33 %"));
  EXPECT_THAT(out_.str(), HasSubstr("00ff   node-a"));
  EXPECT_THAT(out_.str(), HasSubstr("key a b: token aa, partition 7, held by node-b node-a"));
}

TEST_F(Verbs, ExplainShowsCopiesHintsAndReasons) {
  pages_["/ks/carts/admin/explain/a%20b"] = answer(200, R"({"key":"a b","keyspace":"carts","node":"node-a",
      "partition":7,"key_token":"aa","preference_list":[
        {"node":"node-b","role":"primary","state":"alive","status":"holds","digest":"0123456789abcdef",
           "comparisons":[{"peer":"node-c","equal_for_millis":2500,"differs":true},
                          {"peer":"node-e","equal_for_millis":null,"differs":false}],"versions":[
          {"version":"node-b:1","lwwMillis":1795390292079,"tombstone":false,"bytes":5,"expires_millis":1795390293079,
           "expired":true},
          {"version":"node-c:2","lwwMillis":1795390292080,"tombstone":true,"bytes":0,"expires_millis":null}]},
        {"node":"node-c","role":"primary","state":"alive","status":"unreachable","message":"unavailable: refused"},
        {"node":"node-d","role":"fallback","state":"alive","status":"absent"}],
      "equal":false,"leaf":{"number":12,"state":"differs"},"hints":[{"node":"node-d","target":"node-c","kind":"copy"},
                             {"node":"node-b","target":"node-c","kind":"reference"}],
      "resolution":{"found":false,"winner":null,"resolvedBy":null,"why":"all gone"},
      "tombstone":{"gone_since_millis":1795390293079,"blocked_by":[2],
                   "rules":[{"rule":1,"holds":true,"why":"old enough"},{"rule":2,"holds":false,"why":"no answer"}],
                   "last_rounds":[{"node":"node-b","block":"unreachable","why":"a member did not answer"}]}})");
  ExplainOptions explain{.address = {node_.endpoint(), "carts", "a b"}};
  EXPECT_EQ(run(explain, terminal_), ExitCode::ok);
  EXPECT_EQ(out_.str(),
            "key a b of keyspace carts: partition 7, as node-a sees it\n"
            "node    role      state  copy         version   written                   what          expires\n"
            "node-b  primary   alive  01234567     node-b:1  2026-11-22 23:31:32.079Z  5 B, expired  "
            "2026-11-22 23:31:33.079Z\n"
            "                                      node-c:2  2026-11-22 23:31:32.080Z  tombstone     -\n"
            "node-c  primary   alive  unreachable  -         -                         -             -\n"
            "node-d  fallback  alive  absent       -         -                         -             -\n"
            "node-c did not say: unavailable: refused\n"
            "The replicas do not all hold the same.\n"
            "Anti-entropy: leaf 12 of the partition's hash tree, differs\n"
            "  node-b with node-c: differs, found equal 2 s ago\n"
            "  node-b with node-e: not yet\n"
            "node-d keeps a copy for node-c.\n"
            "node-b is to send its copy to node-c.\n"
            "A reader finds nothing: all gone.\n"
            "Gone since 2026-11-22 23:31:33.079Z, and still stored because of what does not hold:\n"
            "  rule 1  holds   old enough\n"
            "  rule 2  blocks  no answer\n"
            "  the last round of node-b left it: a member did not answer\n");
  out_.str("");
  explain.json = true;
  EXPECT_EQ(run(explain, terminal_), ExitCode::ok);
  EXPECT_EQ(json::parse(out_.str())["partition"], 7);
  explain.address.key = "unknown";
  EXPECT_EQ(run(explain, terminal_), ExitCode::failed);
}

TEST_F(Verbs, HealthHasALineForEachNodeAndFailsIfOneIsNotWell) {
  pages_["/admin/health"] = answer(
      200,
      R"({"status":"degraded","node":"node-a","keyspaces":{"carts":{"status":"refused"},"default":{"status":"ok"}}})");
  HealthOptions health{.nodes = {node_.endpoint()}};
  EXPECT_EQ(run(health, terminal_), ExitCode::failed);
  EXPECT_THAT(out_.str(), HasSubstr("degraded  node-a  keyspaces.carts is refused"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("default")));
  health.json = true;
  out_.str("");
  EXPECT_EQ(run(health, terminal_), ExitCode::failed);
  EXPECT_EQ(json::parse(out_.str())[0]["ok"], false);
}

TEST_F(Verbs, StatusListsMembersAndAsksThem) {
  const json health{{"status", "ok"},
                    {"node", "node-a"},
                    {"cluster", "local"},
                    {"version", "0.1.0"},
                    {"uptime_seconds", 65},
                    {"members",
                     {{{"id", "node-a"}, {"state", "alive"}, {"addresses", {{"http", node_.endpoint().authority()}}}},
                      {{"id", "node-b"}, {"state", "suspect"}, {"addresses", {{"http", "127.0.0.1:1"}}}}}},
                    {"keyspaces", {{"default", {{"status", "ok"}}}}},
                    {"storages",
                     {{"fast", {{"status", "ok"}, {"keys", 40}}},
                      {"slow", {{"status", "failed"}, {"keys", 2}}},
                      {"full", {{"status", "soft_full"}, {"keys", 0}, {"disk", {{"free_bytes", 50'000'000}}}}}}}};
  pages_["/admin/health"] = answer(200, health.dump());
  StatusOptions status{.nodes = {{"http", "127.0.0.1", "1"}, node_.endpoint()}};
  EXPECT_EQ(run(status, terminal_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("cluster local, as node-a sees it"));
  EXPECT_THAT(out_.str(), HasSubstr("1m05s    42"));
  EXPECT_THAT(out_.str(), HasSubstr("node-b  suspect  no answer"));
  EXPECT_THAT(out_.str(), HasSubstr("node-a: storages.slow is failed\n"));
  EXPECT_THAT(out_.str(), HasSubstr("node-a: storages.full is soft_full, with 47 MiB free on its disk\n"));
  status.json = true;
  out_.str("");
  EXPECT_EQ(run(status, terminal_), ExitCode::ok);
  const json printed = json::parse(out_.str());
  EXPECT_EQ(printed["nodes"][0]["keys"], 42);
  EXPECT_EQ(printed["nodes"][1]["keys"], nullptr);
}

TEST_F(Verbs, StatusFailsWhenNobodyAnswers) {
  EXPECT_EQ(run(StatusOptions{.nodes = {{"http", "127.0.0.1", "1"}}}, terminal_), ExitCode::failed);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(Verbs, AdminPagesThatAreNoJsonAreRefused) {
  pages_["/admin/ring"] = answer(200, "<html>");
  EXPECT_EQ(run(RingOptions{.node = node_.endpoint()}, terminal_), ExitCode::failed);
  EXPECT_THAT(err_.str(), HasSubstr("not the JSON"));
}

TEST_F(Verbs, PluginListAsksTheNode) {
  pages_["/admin/plugins"] =
      answer(200, R"({"plugins":[{"kind":"storage","name":"memtable","version":"1.0.0","interface":"storage/1",
      "capabilities":["deterministic","x"],"path":"/p/stator_storage_memtable.so","instances":["fast"]}]})");
  EXPECT_EQ(run(PluginListOptions{.node = node_.endpoint()}, terminal_), ExitCode::ok);
  EXPECT_THAT(out_.str(), HasSubstr("stator_storage_memtable.so  storage  memtable  1.0.0    storage/1  "
                                    "deterministic, x  fast"));
}

TEST_F(Verbs, PluginListSaysWhenThereIsNoSuchDirectory) {
  EXPECT_EQ(run(PluginListOptions{.directory = "/nowhere"}, terminal_), ExitCode::failed);
  EXPECT_THAT(err_.str(), HasSubstr("/nowhere: no such directory"));
}

// Begins one round and asks how far that one is until all that counts is verified.
TEST_F(Verbs, RepairWaitsForTheKeyspaceItWasAskedFor) {
  pages_["/admin/repair"] = answer(200, R"({"since":"77","keyspaces":{
      "carts":{"partitions":4,"partitions_verified":4,"divergent":0},
      "default":{"partitions":4,"partitions_verified":1,"divergent":2}},"pulled":3,"pushed":1,"bytes":9})");
  RepairOptions repair;
  repair.nodes = {node_.endpoint()};
  repair.keyspace = "carts";
  EXPECT_EQ(run(repair, terminal_), ExitCode::ok);
  EXPECT_THAT(err_.str(), HasSubstr("4 of 4 verified, 0 divergent"));
  ASSERT_EQ(node_.requests().size(), 1u);
  EXPECT_EQ(node_.requests()[0].method, "POST");
  EXPECT_EQ(node_.requests()[0].target, "/admin/repair?keyspace=carts");
  repair.keyspace.clear();
  repair.patience = std::chrono::milliseconds(300);
  repair.json = true;
  out_.str("");
  EXPECT_EQ(run(repair, terminal_), ExitCode::failed);
  const json rows = json::parse(out_.str());
  EXPECT_EQ(rows[0]["partitions_verified"], 5);
  EXPECT_EQ(rows[0]["divergent"], 2);
  ASSERT_GE(node_.requests().size(), 3u);
  EXPECT_EQ(node_.requests()[1].method, "POST");
  EXPECT_EQ(node_.requests()[1].target, "/admin/repair");
  EXPECT_EQ(node_.requests()[2].method, "GET");
  EXPECT_EQ(node_.requests()[2].target, "/admin/repair?key=77");
  repair.keyspace = "nowhere";
  EXPECT_EQ(run(repair, terminal_), ExitCode::failed);
}

}  // namespace
}  // namespace stator::cli
