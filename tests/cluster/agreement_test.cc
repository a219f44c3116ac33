#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/carrier_test.h"

namespace stator::cluster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// One node that was given another configuration than the two others.
class Agreement : public testing::TestWithParam<const char*> {
 protected:
  void start_with_odd_one(const std::string& setting) {
    cluster.process(2).command().arguments.push_back("--set=" + setting);
    for (std::size_t node = 0; node < cluster.size(); ++node) ASSERT_TRUE(cluster.start(node));
    HttpClient a = cluster.http(0);
    ASSERT_TRUE(await([&] { return a.put("/kv/k", "v").status == 204; })) << "the two that agree are a quorum";
    EXPECT_EQ(a.put("/kv/k?w=3&timeout_ms=500", "v").status, 503);
  }

  /// A resolver that no keyspace has until a test says so.
  Cluster cluster{
      {.peer_transport = GetParam(), .tables = std::string(kOrdinaryTables) + "\n[resolver.own]\nplugin = \"max\"\n"}};
};
INSTANTIATE_FOR_CARRIERS(Agreement);

TEST_P(Agreement, OnAKeyspacesRulesIsNeededToShareIt) {
  start_with_odd_one("keyspace.default.siblings=\"collapse\"");
  EXPECT_EQ(cluster.http(2).put("/kv/k?timeout_ms=500", "odd").status, 503) << "it may not merge by rules of its own";
  EXPECT_EQ(cluster.http(0).get("/kv/k").body, "v");
  EXPECT_THAT(cluster.process(0).errors(), HasSubstr("keyspace default has other settings"));
  EXPECT_THAT(cluster.process(0).errors(), HasSubstr("node-c"));
}

TEST_P(Agreement, WhatDiffersIsShownOnBothSidesAndTheOddOneRefuses) {
  start_with_odd_one("keyspace.default.max_siblings=7");
  HttpClient odd = cluster.http(2);
  EXPECT_TRUE(await([&] {
    return odd.get("/kv/k?r=1").body.find("is refused here: 2 of 3 nodes") != std::string::npos;
  })) << odd.get("/kv/k?r=1").body;
  const HttpAnswer refused = odd.get("/kv/k?r=1");
  EXPECT_EQ(refused.status, 503) << "even what one replica could answer";
  EXPECT_THAT(refused.body, HasSubstr("max_siblings: 7 here, 100 there"));
  EXPECT_EQ(odd.put("/kv/k?w=1", "odd").status, 503);

  using Json = nlohmann::json;
  const Json health = odd.get("/admin/health").json();
  EXPECT_EQ(health["status"], "degraded");
  EXPECT_EQ(health["keyspaces"]["default"]["status"], "refused");
  const Json differs = {{"node", "node-a"}, {"setting", "max_siblings"}, {"here", "7"}, {"there", "100"}};
  EXPECT_EQ(health["keyspaces"]["default"]["differences"][0], differs);
  EXPECT_EQ(odd.get("/admin/keyspaces").json()["keyspaces"][0]["differences"][0], differs);
  EXPECT_EQ(cluster.http(0).get("/admin/health").json()["keyspaces"]["default"]["status"], "ok");

  const Finished status = run({STATOR, {"status"}, {"STATOR_URL=http://" + cluster.address(0, "http")}, {}, {}});
  EXPECT_THAT(status.output,
              AllOf(HasSubstr("node-a: keyspaces.default: max_siblings is \"100\" here, \"7\" on node-c"),
                    HasSubstr("node-c: keyspaces.default is refused"),
                    HasSubstr("node-c: keyspaces.default: max_siblings is \"7\" here, \"100\" on node-b")));
  EXPECT_THAT(cluster.process(2).errors(), HasSubstr("than here (max_siblings: 7 here, 100 there): refused"));
}

TEST_P(Agreement, IsFoundAgainWhenTheOddOneIsSetRight) {
  start_with_odd_one("keyspace.default.max_siblings=7");
  cluster.process(2).kill_now();
  cluster.process(2).command().arguments.pop_back();
  ASSERT_TRUE(cluster.start(2));
  EXPECT_TRUE(await([&] { return cluster.http(0).put("/kv/k?w=3&timeout_ms=500", "v").status == 204; }));
  EXPECT_EQ(cluster.http(2).get("/kv/k").body, "v");
  EXPECT_TRUE(cluster.http(0).get("/admin/health").json()["keyspaces"]["default"]["differences"].empty());
}

TEST_P(Agreement, OnTheOptionsOfAResolverIsNeededToo) {
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    const std::string script = "function resolve() return " + std::to_string(node == 2 ? 2 : 1) + " end";
    for (const std::string& setting :
         {std::string("resolver.own.plugin=lua"), std::string("keyspace.default.resolver=own"),
          "resolver.own.script=" + cluster.scratch().write(cluster.name(node) + ".lua", script)})
      cluster.process(node).command().arguments.push_back("--set=" + setting);
  }
  start_with_odd_one("log.level=info");
  EXPECT_THAT(cluster.process(0).errors(),
              AllOf(HasSubstr("resolver.script: a text of hash"), Not(HasSubstr("node-b than here"))))
      << "where it is read from is each node's own affair, what it says is not";
}

TEST_P(Agreement, OnTheClusterIsNeededToTalkAtAll) {
  start_with_odd_one("cluster.id=\"another\"");
  EXPECT_EQ(cluster.http(2).get("/kv/k?timeout_ms=500").status, 503);
  EXPECT_EQ(cluster.http(1).get("/kv/k").body, "v");
}

TEST_P(Agreement, OnTheGridOfPartitionsIsNeededToTalkAtAll) {
  start_with_odd_one("cluster.partition_bits=10");
  EXPECT_EQ(cluster.http(1).get("/kv/k").body, "v");
}

}  // namespace
}  // namespace stator::cluster
