#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/carrier_test.h"

namespace stator::cluster {
namespace {

/// Nodes that neither answer nor close: SIGSTOP.
class Freeze : public CarrierTest {
 protected:
  void freeze(std::size_t node) { cluster.process(node).freeze(); }
  void thaw(std::size_t node) { cluster.process(node).thaw(); }

  HttpClient a = cluster.http(0);
  HttpClient b = cluster.http(1);
};
INSTANTIATE_FOR_CARRIERS(Freeze);

TEST_P(Freeze, OfOneNodeIsNotNoticedByClientsOfTheOthers) {
  ASSERT_EQ(a.put("/kv/before?w=3", "v").status, 204);
  freeze(2);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "/kv/key-" + std::to_string(i);
    const HttpAnswer put = a.put(key, "v");
    ASSERT_EQ(put.status, 204) << i << ": " << put.body;
    const HttpAnswer got = b.get(key);
    ASSERT_EQ(got.status, 200) << i << ": " << got.body;
    const HttpAnswer removed = b.send({"DELETE", key, {}, {}});
    ASSERT_EQ(removed.status, 204) << i << ": " << removed.body;
    const HttpAnswer before = a.get("/kv/before");
    ASSERT_EQ(before.body, "v") << i << ": " << before.status;
  }
}

TEST_P(Freeze, OfTwoNodesIsAMissingQuorumWithinTheDeadline) {
  ASSERT_EQ(a.put("/kv/before?w=3", "v").status, 204);
  freeze(1);
  freeze(2);
  for (const char* timeout : {"?timeout_ms=50", "?timeout_ms=300", ""}) {
    for (const char* method : {"PUT", "GET", "DELETE"}) {
      const HttpAnswer answer = a.send({method, std::string("/kv/before") + timeout, {}, {}});
      EXPECT_EQ(answer.status, 503) << method << timeout << ": " << answer.body;
      EXPECT_EQ(answer.json()["error"], "quorum_not_reached") << answer.body;
      EXPECT_EQ(answer.json()["required"], 2) << answer.body;
      EXPECT_EQ(answer.json()["acked"], 1) << answer.body;
    }
  }
  EXPECT_EQ(a.put("/kv/alone?w=1", "v").status, 204) << "one suffices if the client says so";
  EXPECT_EQ(a.get("/kv/alone?r=1").body, "v");
}

TEST_P(Freeze, EndsAndAllIsWellAgain) {
  freeze(1);
  freeze(2);
  ASSERT_EQ(a.put("/kv/missed?timeout_ms=300", "maybe").status, 503);
  thaw(1);
  thaw(2);
  ASSERT_TRUE(cluster.await_connected());
  EXPECT_EQ(a.put("/kv/after?w=3", "v").status, 204);
  EXPECT_EQ(b.get("/kv/after?r=3").body, "v");
  EXPECT_EQ(b.get("/kv/missed?r=3").body, "maybe") << "a write that missed its quorum may take effect";
}

TEST_P(Freeze, OfANodeIsEndedByItsDeathAndRestart) {
  freeze(2);
  ASSERT_EQ(a.put("/kv/meanwhile", "v").status, 204);
  cluster.process(2).kill_now();
  ASSERT_TRUE(cluster.start(2));
  ASSERT_TRUE(cluster.await_connected());
  EXPECT_EQ(cluster.http(2).get("/kv/meanwhile").body, "v");
}

TEST_P(Freeze, FillsANodeUntilItShedsLoad) {
  cluster.process(0).kill_now();
  cluster.process(0).command().arguments.emplace_back("--set=server.max_in_flight=4");
  ASSERT_TRUE(cluster.start(0));
  ASSERT_TRUE(cluster.await_connected());
  freeze(1);
  freeze(2);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(cluster.http(0));
    ASSERT_TRUE(clients.back().write(wire_text({"PUT", "/kv/key-" + std::to_string(i) + "?timeout_ms=1000", {}, "v"})));
  }
  int shed = 0;
  for (HttpClient& client : clients) {
    const HttpAnswer answer = client.read();
    EXPECT_TRUE(answer.status == 503 || answer.status == 429) << answer.status << answer.body;
    if (answer.status != 429) continue;
    ++shed;
    EXPECT_NE(answer.field("retry-after"), "");
    EXPECT_EQ(answer.json()["error"], "resource_exhausted");
  }
  EXPECT_GE(shed, 16);
}

}  // namespace
}  // namespace stator::cluster
