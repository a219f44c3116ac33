#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string keyspace_of(const std::string& name, const std::string& resolver) {
  return "\n[keyspace." + name + "]\nresolver = \"" + resolver + "\"\nstorage = \"fast\"\nmembership = \"main\"\n" +
         "transports = [\"http\", \"grpc\"]\nn = 3\nr = 2\nw = 2\n";
}

/// Keyspaces of data types, and clients that know nothing of their items.
class DataTypes : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(cluster.start_all()); }
  HttpAnswer post(std::size_t node, const std::string& target, const Json& call) {
    return cluster.http(node).send({"POST", target, {}, call.dump()});
  }
  Json add(const std::string& element) { return {{"op", "add"}, {"element", element}}; }
  Json value(std::size_t node, const std::string& target) { return cluster.http(node).get(target).json()["value"]; }

  Cluster cluster{{.tables = std::string(kOrdinaryTables) + keyspace_of("carts", "add_wins_set") +
                             keyspace_of("hits", "pn_counter") + keyspace_of("profiles", "or_map")}};
  const std::string cart = "/ks/carts/kv/cart";
};

TEST_F(DataTypes, OperationsOfEveryNodeAddUp) {
  const HttpAnswer first = post(0, cart, add("milk"));
  EXPECT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.json()["ok"], true);
  const HttpAnswer seen = cluster.http(1).get(cart);
  EXPECT_EQ(seen.json()["found"], true);
  EXPECT_EQ(seen.json()["value"], Json({"milk"}));
  EXPECT_EQ(seen.json()["vectorClock"], Json({{"node-a", 1}}));
  ASSERT_TRUE(post(2, cart, add("milk")).ok());
  ASSERT_TRUE(post(1, cart, add("eggs")).ok());
  Json removal = {{"op", "remove"}, {"element", "milk"}, {"context", seen.json()["context"]}};
  ASSERT_TRUE(post(0, cart, removal).ok());
  EXPECT_EQ(value(1, cart), Json({"eggs", "milk"})) << "of the two that have put milk there, one was not seen";
  const HttpAnswer bare = cluster.http(2).get(cart + "?raw=true");
  EXPECT_EQ(bare.body, R"(["eggs","milk"])");
  EXPECT_EQ(bare.field("content-type"), "application/json");

  for (std::size_t node = 0; node < 3; ++node)
    ASSERT_TRUE(
        post(node, "/ks/hits/kv/page", {{"op", "increment"}, {"by", 7}, {"opId", "x" + std::to_string(node)}}).ok());
  ASSERT_TRUE(post(1, "/ks/hits/kv/page", {{"op", "increment"}, {"by", 7}, {"opId", "x1"}}).ok());
  EXPECT_EQ(value(2, "/ks/hits/kv/page"), 21) << "one of them came twice";

  cluster.process(0).kill_now();
  cluster.process(1).kill_now();
  ASSERT_TRUE(cluster.start_all());
  EXPECT_EQ(value(0, cart), Json({"eggs", "milk"}));
  EXPECT_EQ(value(1, "/ks/hits/kv/page"), 21);
  ASSERT_EQ(cluster.http(0).send({"DELETE", cart, {}, {}}).status, 204);
  EXPECT_EQ(cluster.http(1).get(cart).status, 404);
  EXPECT_THAT(cluster.http(0).get("/metrics").body, HasSubstr(R"(op="delete")"));
  EXPECT_THAT(cluster.http(1).get("/metrics").body,
              HasSubstr(R"(stator_plugin_faults_total{instance="add_wins_set",kind="datatype"} 0)"));
}

TEST_F(DataTypes, SayWhatTheyCanDo) {
  const HttpAnswer put = cluster.http(0).put(cart, "milk");
  EXPECT_EQ(put.status, 400);
  EXPECT_THAT(put.body, AllOf(HasSubstr("add, add_all, remove and remove_all"), HasSubstr(R"(\"element\":\"milk\")")));
  const HttpAnswer unknown = post(0, cart, {{"op", "clear"}});
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("add, add_all, remove and remove_all"));
  const HttpAnswer malformed = post(0, cart, {{"op", "add"}});
  EXPECT_EQ(malformed.status, 400);
  EXPECT_THAT(malformed.body, HasSubstr("element"));
  EXPECT_EQ(post(0, "/kv/cart", add("milk")).status, 400) << "a keyspace of values";
  EXPECT_EQ(cluster.http(0).get(cart).status, 404);
}

TEST_F(DataTypes, TheCommandLineUpdates) {
  const auto stator = [&](std::size_t node, const std::vector<std::string>& arguments) {
    return run({STATOR, arguments, {"STATOR_URL=http://" + cluster.address(node, "http")}, {}, {}});
  };
  EXPECT_EQ(stator(0, {"update", "ann", "update", R"(fields:={"logins":{"op":"increment"}})", "--keyspace", "profiles"})
                .status,
            0);
  const Finished got = stator(1, {"get", "ann", "--keyspace", "profiles"});
  EXPECT_EQ(got.output, R"({"logins":1})") << got.errors;
  const Finished wrong = stator(0, {"update", "ann", "fly", "--keyspace", "profiles"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.errors, HasSubstr("there is no operation"));
}

TEST_F(DataTypes, AreNotTakenForAnythingElse) {
  ASSERT_TRUE(post(0, cart, add("milk")).ok());
  cluster.process(0).signal(SIGTERM);
  cluster.process(0).wait_exit();
  ServerProcess::Command command = cluster.command(0);
  for (const char* other : {"lww", "pn_counter"}) {
    command.arguments.push_back("--set=keyspace.carts.resolver=" + std::string(other));
    const Finished refused = run(command);
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.errors, HasSubstr(R"(keyspace carts was written as \"datatype add_wins_set\")")) << other;
    command.arguments.pop_back();
  }
}

}  // namespace
}  // namespace stator::cluster
