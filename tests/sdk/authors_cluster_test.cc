#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "tests/cluster/cluster.h"

// What authors have made, installed beside the plugins of an installed Stator, in three nodes of that; each plugin
// through the tables that come with it.

namespace stator::cluster {
namespace {

namespace asio = boost::asio;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

/// Asks one line and reads one.
template <typename Socket>
std::string answer_of(const typename Socket::endpoint_type& server, const std::string& line) {
  asio::io_context context;
  Socket socket(context);
  boost::system::error_code failed;
  socket.connect(server, failed);
  if (!failed) asio::write(socket, asio::buffer(line + '\n'), failed);
  std::string answer;
  if (!failed) asio::read_until(socket, asio::dynamic_buffer(answer), '\n', failed);
  return failed ? failed.message() : answer;
}

class Authors : public testing::Test {
 protected:
  static constexpr const char* kStator = AUTHORS_WORK "/stator";

  void SetUp() override {
    scratch.write("nodes.txt", "node-a\nnode-b\nnode-c\n");
    for (std::size_t node = 0; node < cluster.size(); ++node)
      cluster.process(node).command().program = std::string(kStator) + "/bin/statord";
    ASSERT_TRUE(cluster.start_all());
  }
  std::string tables() const {
    std::string all = kOrdinaryTables;
    for (const char* name : {"my_resolver", "my_datatype", "my_storage", "my_membership", "my_transport"})
      all += "\n" + read_file(std::string(AUTHORS_WORK "/plugins/") + name + "/cluster.toml");
    const auto example = [](const std::string& name) {
      return "\n" + read_file(EXAMPLES "/" + name + "/cluster.toml");
    };
    all += example("journal");
    all += replaced(example("longest"), "\"longest.lua\"", "\"" EXAMPLES "/longest/longest.lua\"");
    all += replaced(example("watched_file"), "\"nodes.txt\"", "\"" + scratch.path("nodes.txt") + "\"");
    return all + replaced(example("line"), "\"/tmp\"", "\"" + scratch.path() + "\"");
  }

  Scratch scratch;
  Cluster cluster{{.transports = {"http", "grpc", "tcp", "my_transport", "line"},
                   .tables = tables(),
                   .plugin_path = std::string(kStator) + "/lib/stator/plugins"}};
};

TEST_F(Authors, EveryKeyspaceServes) {
  for (const char* keyspace : {"my_resolver", "my_storage", "my_membership", "my_transport", "diary", "notes",
                               "scripted_notes", "roster", "lines"}) {
    const std::string target = std::string("/ks/") + keyspace + "/kv/hello";
    EXPECT_EQ(cluster.http(0).put(target + "?consistency=all", keyspace).status, 204) << keyspace;
    EXPECT_EQ(cluster.http(1).get(target).body, keyspace);
  }
}

TEST_F(Authors, StoragesComeBackWithWhatTheyHeld) {
  const std::vector<std::string> targets = {"/ks/my_storage/kv/hello", "/ks/diary/kv/hello"};
  for (const std::string& target : targets)
    ASSERT_EQ(cluster.http(0).put(target + "?consistency=all", "v").status, 204);
  for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).kill_now();
  ASSERT_TRUE(cluster.start_all());
  for (const std::string& target : targets) EXPECT_EQ(cluster.http(2).get(target).body, "v");
}

TEST_F(Authors, ResolversAreAskedAboutSiblings) {
  for (const char* keyspace : {"my_resolver", "notes", "scripted_notes"}) {
    const std::string target = std::string("/ks/") + keyspace + "/kv/k";
    const std::string seen = cluster.http(0).put(target + "?consistency=all", "old").field("x-stator-context");
    ASSERT_EQ(cluster.http(0).put(target + "?consistency=all", "zebras", seen).status, 204);
    ASSERT_EQ(cluster.http(1).put(target + "?consistency=all", "cat", seen).status, 204);
    const HttpAnswer shown = cluster.http(2).get(target);
    EXPECT_EQ(shown.body, "zebras") << keyspace << ", though the cat came later";
    EXPECT_EQ(shown.field("x-stator-siblings"), "2");
  }
}

TEST_F(Authors, DataTypesCarryOperationsOut) {
  const std::string door = "/ks/my_datatype/kv/door";
  const auto ask = [&](std::size_t node, const std::string& operation) {
    return cluster.http(node).send({"POST", door + "?consistency=all", {}, R"({"op":")" + operation + R"("})"}).status;
  };
  ASSERT_EQ(ask(0, "enable"), 200);
  EXPECT_EQ(cluster.http(1).get(door).json()["value"], true);
  ASSERT_EQ(ask(2, "disable"), 200);
  EXPECT_EQ(cluster.http(0).get(door).status, 404);
  EXPECT_EQ(ask(1, "slam"), 400);
}

TEST_F(Authors, TransportsBringRequestsIn) {
  ASSERT_EQ(cluster.http(0).put("/ks/my_transport/kv/hello?consistency=all", "world").status, 204);
  const asio::ip::tcp::endpoint door(asio::ip::make_address("127.0.0.1"), cluster.port(1, "my_transport"));
  EXPECT_EQ(answer_of<asio::ip::tcp::socket>(door, "hello"), "world\n");

  const auto line = [&](std::size_t node) {
    return asio::local::stream_protocol::endpoint(scratch.path(std::to_string(cluster.port(node, "line")) + ".sock"));
  };
  using Socket = asio::local::stream_protocol::socket;
  EXPECT_EQ(answer_of<Socket>(line(0), "PUT hello wide world"), "OK\n");
  EXPECT_EQ(answer_of<Socket>(line(2), "GET hello"), "VALUE wide world\n");
  EXPECT_EQ(cluster.http(1).get("/ks/lines/kv/hello").body, "wide world");
}

TEST_F(Authors, MembershipIsWhatTheFileSays) {
  const auto shows = [&](const std::string& state, int members) {
    const std::string line =
        "stator_members{membership=\"watched\",state=\"" + state + "\"} " + std::to_string(members) + "\n";
    return await([&] { return cluster.http(0).get("/metrics").body.find(line) != std::string::npos; });
  };
  EXPECT_TRUE(shows("alive", 3));
  scratch.write("nodes.txt", "node-a\nnode-b\n");
  EXPECT_TRUE(shows("dead", 1)) << cluster.http(0).get("/metrics").body;
  EXPECT_TRUE(shows("alive", 2));
}

}  // namespace
}  // namespace stator::cluster
