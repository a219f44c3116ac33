#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <random>

#include "kernel/files/posix_files.h"
#include "kernel/node/storage_directory.h"
#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class Restart : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(cluster.start_all()); }
  Json clock_after_put(const std::string& key) {
    HttpClient client = cluster.http(0);
    return client.put_json("/kv/" + key + "?w=3", {{"valueBase64", ""}}).json()["vectorClock"];
  }
  void restart(int signal, int expected) {
    cluster.process(0).signal(signal);
    EXPECT_EQ(cluster.process(0).wait_exit(), expected) << cluster.process(0).errors();
    ASSERT_TRUE(cluster.start(0));
    ASSERT_TRUE(cluster.await_connected());
  }

  Cluster cluster;
};

TEST_F(Restart, AfterACleanStopANodeCountsOn) {
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}}));
  restart(SIGTERM, 0);
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 2}}));
  restart(SIGINT, 0);
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 3}}));
}

TEST_F(Restart, AfterAnyOtherEndItCountsAnew) {
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}}));
  restart(SIGKILL, -SIGKILL);
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}, {"node-a#2", 1}}));
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}, {"node-a#2", 2}}));
  restart(SIGTERM, 0);
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}, {"node-a#2", 3}}));
  restart(SIGKILL, -SIGKILL);
  restart(SIGTERM, 0);
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}, {"node-a#2", 3}, {"node-a#3", 1}}));
}

TEST_F(Restart, ACleanStopIsNotedOnce) {
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}}));
  restart(SIGTERM, 0);
  restart(SIGKILL, -SIGKILL);
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}, {"node-a#2", 1}}))
      << "the note of the stop before last counts no more";
}

TEST_F(Restart, AStopAnswersWhatIsInFlightAndNothingIsLost) {
  std::string many;
  for (int i = 0; i < 50; ++i) many += wire_text({"PUT", "/kv/key-" + std::to_string(i), {}, "v"});
  HttpClient client = cluster.http(0);
  ASSERT_TRUE(client.write(many));
  ASSERT_EQ(client.read().status, 204);
  cluster.process(0).signal(SIGTERM);
  int acknowledged = 1;
  for (int i = 1; i < 50; ++i) {
    const HttpAnswer answer = client.read();
    if (answer.status == 0) break;
    EXPECT_TRUE(answer.status == 204 || answer.status == 503) << answer.status << answer.body;
    if (answer.status == 204) ++acknowledged;
  }
  EXPECT_EQ(cluster.process(0).wait_exit(), 0) << cluster.process(0).errors();
  for (int i = 0; i < acknowledged; ++i) {
    EXPECT_EQ(cluster.http(1).get("/kv/key-" + std::to_string(i)).body, "v") << i;
  }
}

TEST_F(Restart, AStopIsTakenAtAnyMomentOfAStart) {
  std::mt19937_64 random{std::random_device()()};
  std::uniform_int_distribution<int> moment(0, 60'000);
  ASSERT_EQ(clock_after_put("k"), (Json{{"node-a", 1}}));
  ServerProcess& node = cluster.process(0);
  node.kill_now();
  for (int i = 0; i < 12; ++i) {
    node.start();
    ASSERT_EQ(node.wait_exit(std::chrono::microseconds(moment(random))), std::nullopt) << node.errors();
    node.signal(SIGTERM);
    const std::optional<int> status = node.wait_exit();
    // Before it has read its configuration it simply dies.
    EXPECT_TRUE(status == 0 || status == -SIGTERM) << status.value_or(-1) << node.errors();
  }
  ASSERT_TRUE(cluster.start(0));
  ASSERT_TRUE(cluster.await_connected());
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}, {"node-a#2", 1}}));
}

TEST_F(Restart, ValuesTombstonesAndSiblingsAreThereAgain) {
  HttpClient a = cluster.http(0);
  HttpClient b = cluster.http(1);
  const std::string read = a.put("/kv/color?w=3", "old").field("x-stator-context");
  ASSERT_EQ(a.put("/kv/color?w=3", "red", read).status, 204);
  ASSERT_EQ(b.put("/kv/color?w=3", "blue", read).status, 204);
  ASSERT_EQ(a.put("/kv/gone?w=3", "v").status, 204);
  ASSERT_EQ(a.send({"DELETE", "/kv/gone?w=3", {}, {}}).status, 204);
  const std::string context = a.get("/kv/color").field("x-stator-context");
  for (int signal : {SIGTERM, SIGKILL}) {
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).signal(signal);
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).wait_exit();
    ASSERT_TRUE(cluster.start_all());
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      const HttpAnswer color = cluster.http(node).get("/kv/color?r=3");
      EXPECT_EQ(color.body, "blue");
      EXPECT_EQ(color.field("x-stator-siblings"), "2");
      EXPECT_EQ(color.field("x-stator-context"), context);
      EXPECT_EQ(cluster.http(node).get("/kv/gone?r=3").status, 404);
    }
  }
  EXPECT_EQ(cluster.http(2).put("/kv/color", "purple", context).status, 204) << "contexts outlive their issuers";
  EXPECT_EQ(cluster.http(2).get("/kv/color").field("x-stator-siblings"), "");
}

TEST_F(Restart, SighupTakesANewLogLevelAndLeavesTheRest) {
  const std::string text = read_file(cluster.config());
  cluster.scratch().write("cluster.toml", text + "\n[log]\nlevel = \"debug\"\n");
  cluster.process(0).signal(SIGHUP);
  HttpClient a = cluster.http(0);
  EXPECT_TRUE(await([&] {
    a.get("/kv/k");
    return cluster.process(0).errors().find("\"op\":\"get\"") != std::string::npos;
  }));
  cluster.scratch().write("cluster.toml", text + "\n[log]\nlevel = \"loud\"\n");
  cluster.process(0).signal(SIGHUP);
  EXPECT_TRUE(await([&] { return cluster.process(0).errors().find("log.level") != std::string::npos; }));
  EXPECT_EQ(a.put("/kv/k", "v").status, 204) << "a wrong file changes nothing";
}

TEST_F(Restart, ADirectoryHasOneOwner) {
  const Finished second = run(cluster.command(0));
  EXPECT_EQ(second.status, 1) << second.errors;
  EXPECT_THAT(second.errors, HasSubstr("in use by another process"));
  EXPECT_THAT(second.errors, HasSubstr(cluster.data_directory(0)));
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}}));
  restart(SIGTERM, 0);
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 2}})) << "the intruder has erased no note of a clean stop";
}

TEST_F(Restart, AToolThatExchangesFilesKeepsTheNodeFromStarting) {
  cluster.process(0).signal(SIGTERM);
  ASSERT_EQ(cluster.process(0).wait_exit(), 0);
  PosixFiles files;
  {
    const auto tool = lock_storage_directory(files, cluster.data_directory(0) + "/storage/fast");
    ASSERT_TRUE(tool.is_ok());
    cluster.process(0).start();
    EXPECT_EQ(cluster.process(0).wait_exit(), 1);
    EXPECT_THAT(cluster.process(0).errors(), HasSubstr("in use by another process"));
  }
  EXPECT_TRUE(cluster.start(0));
}

TEST_F(Restart, DataIsRefusedToAnotherNodeOrStorage) {
  cluster.process(0).signal(SIGTERM);
  cluster.process(0).wait_exit();
  const std::string text = read_file(cluster.config());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    cluster.scratch().write("cluster.toml", changed);
    return run(cluster.command(0));
  };
  const Finished stranger = with("id = \"test\"", "id = \"another\"");
  EXPECT_EQ(stranger.status, 1);
  EXPECT_THAT(stranger.errors, HasSubstr("made with another cluster"));
  const Finished grid = with("id = \"test\"", "id = \"test\"\npartition_bits = 10");
  EXPECT_EQ(grid.status, 1);
  EXPECT_THAT(grid.errors, HasSubstr("made with another partition_bits"));
  cluster.scratch().write("cluster.toml", text);
  EXPECT_TRUE(cluster.start(0));
}

}  // namespace
}  // namespace stator::cluster
