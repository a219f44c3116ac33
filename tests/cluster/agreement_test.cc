#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/carrier_test.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;

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

  Cluster cluster{{.peer_transport = GetParam()}};
};
INSTANTIATE_FOR_CARRIERS(Agreement);

TEST_P(Agreement, OnAKeyspacesRulesIsNeededToShareIt) {
  start_with_odd_one("keyspace.default.siblings=\"collapse\"");
  EXPECT_EQ(cluster.http(2).put("/kv/k?timeout_ms=500", "odd").status, 503) << "it may not merge by rules of its own";
  EXPECT_EQ(cluster.http(0).get("/kv/k").body, "v");
  EXPECT_THAT(cluster.process(0).errors(), HasSubstr("keyspace default has other settings"));
  EXPECT_THAT(cluster.process(0).errors(), HasSubstr("node-c"));
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
