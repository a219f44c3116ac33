#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

/// The command line on a running cluster.
class Command : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(cluster.start_all()); }
  std::string url(std::size_t node) const { return "http://" + cluster.address(node, "http"); }
  Finished stator(std::size_t node, const std::vector<std::string>& arguments) {
    return run({STATOR, arguments, {"STATOR_URL=" + url(node)}, {}, {}});
  }
  Json stator_json(std::size_t node, std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const Finished finished = stator(node, arguments);
    EXPECT_EQ(finished.status, 0) << finished.errors;
    return Json::parse(finished.output, nullptr, false);
  }

  Cluster cluster;
};

TEST_F(Command, WritesReadsAndRemoves) {
  EXPECT_EQ(stator(0, {"put", "hello", "world"}).status, 0);
  const Finished got = stator(1, {"get", "hello"});
  EXPECT_EQ(got.status, 0) << got.errors;
  EXPECT_EQ(got.output, "world");
  EXPECT_EQ(cluster.http(2).get("/kv/hello").body, "world");
  EXPECT_EQ(stator(0, {"delete", "hello", "--w", "3"}).status, 0);
  const Finished gone = stator(1, {"get", "hello"});
  EXPECT_EQ(gone.status, 1);
  EXPECT_EQ(gone.output, "");
  EXPECT_NE(gone.errors, "");
  EXPECT_EQ(stator(0, {"get"}).status, 2);
}

TEST_F(Command, GivesAValueItsLifetime) {
  ASSERT_EQ(stator(0, {"put", "long", "v", "--w", "3", "--ttl", "1h"}).status, 0);
  ASSERT_EQ(stator(0, {"put", "brief", "v", "--w", "3", "--ttl", "1ms"}).status, 0);
  EXPECT_TRUE(await([&] { return cluster.http(1).get("/kv/brief").status == 404; }));
  EXPECT_EQ(stator(2, {"get", "brief"}).status, 1);
  EXPECT_EQ(stator(2, {"get", "long"}).output, "v");
}

TEST_F(Command, ResolvesSiblings) {
  const std::string read = stator_json(0, {"put", "color", "old", "--w", "3"})["context"];
  EXPECT_EQ(stator(0, {"put", "color", "red", "--context", read, "--w", "3"}).status, 0);
  EXPECT_EQ(stator(1, {"put", "color", "blue", "--context", read, "--w", "3"}).status, 0);
  const Json both = stator_json(2, {"get", "color"});
  EXPECT_EQ(both["siblings"].size(), 2U) << both;
  EXPECT_EQ(stator(2, {"put", "color", "purple", "--context", both["context"]}).status, 0);
  const Json one = stator_json(0, {"get", "color"});
  EXPECT_FALSE(one.contains("siblings")) << one;
  EXPECT_EQ(stator(0, {"put", "color", "bad", "--context", "forged"}).status, 1);
}

TEST_F(Command, ExplainsAKey) {
  EXPECT_EQ(stator(0, {"put", "hello", "world", "--w", "3"}).status, 0);
  const Finished finished = stator(1, {"explain", "hello"});
  EXPECT_EQ(finished.status, 0) << finished.errors;
  EXPECT_THAT(finished.output, AllOf(HasSubstr("node-a"), HasSubstr("primary"), HasSubstr("5 B"),
                                     HasSubstr("All replicas hold the same"),
                                     HasSubstr("A reader is shown a value: there is one version")));
  EXPECT_EQ(stator_json(0, {"explain", "hello"})["preference_list"].size(), 3U);
}

TEST_F(Command, ShowsTheCluster) {
  const Finished status = stator(0, {"status"});
  EXPECT_EQ(status.status, 0) << status.errors;
  EXPECT_THAT(status.output, AllOf(HasSubstr("node-a"), HasSubstr("node-b"), HasSubstr("node-c")));
  EXPECT_TRUE(stator_json(1, {"status"}).is_structured());
  const Finished ring = stator(0, {"ring", "--key", "hello"});
  EXPECT_EQ(ring.status, 0) << ring.errors;
  EXPECT_THAT(ring.output, AllOf(HasSubstr("node-a"), HasSubstr("4096"), HasSubstr("key hello: token "),
                                 HasSubstr("held by node-")));
  EXPECT_EQ(stator_json(0, {"ring"})["partitions"], 4096);
  const Finished plugins = stator(0, {"plugin", "list", "--url", url(0)});
  EXPECT_EQ(plugins.status, 0) << plugins.errors;
  EXPECT_THAT(plugins.output, AllOf(HasSubstr("memtable"), HasSubstr("lww"), HasSubstr("static"), HasSubstr("tcp")));
  const Finished installed = stator(0, {"plugin", "list", "--path", STATOR_PLUGINS});
  EXPECT_EQ(installed.status, 0) << installed.errors;
  EXPECT_THAT(installed.output, AllOf(HasSubstr("memtable"), HasSubstr("grpc")));
}

TEST_F(Command, TellsWhichNodeIsNotWell) {
  const std::string all = url(0) + "," + url(1) + "," + url(2);
  EXPECT_EQ(stator(0, {"health", "--url", all}).status, 0);
  cluster.process(2).kill_now();
  const Finished one_down = stator(0, {"health", "--url", all});
  EXPECT_EQ(one_down.status, 1);
  EXPECT_THAT(one_down.output + one_down.errors, HasSubstr(std::to_string(cluster.port(2))));
  const Finished status = stator(0, {"status"});
  EXPECT_EQ(status.status, 0) << status.errors;
  EXPECT_THAT(status.output, HasSubstr("node-c"));
  const Finished unreachable = stator(2, {"get", "hello"});
  EXPECT_EQ(unreachable.status, 1);
  EXPECT_THAT(unreachable.errors, HasSubstr(std::to_string(cluster.port(2))));
}

TEST_F(Command, BenchesOverBothTransports) {
  for (const std::string& target : {url(0) + "," + url(1), "grpc://" + cluster.address(0, "grpc")}) {
    const Finished finished = stator(0, {"bench", "--target", target, "--op", "mix", "--seconds", "1", "--warmup", "0",
                                         "--connections", "8", "--keys", "100", "--json"});
    EXPECT_EQ(finished.status, 0) << finished.errors;
    EXPECT_TRUE(Json::parse(finished.output, nullptr, false).is_object()) << finished.output;
  }
}

TEST(Demo, WalksToItsEnd) {
  const Finished demo = run({STATOR, {"demo"}, {}, {}, {}});
  EXPECT_EQ(demo.status, 0) << demo.output << demo.errors;
  EXPECT_THAT(demo.output, HasSubstr("curl"));
}

}  // namespace
}  // namespace stator::cluster
