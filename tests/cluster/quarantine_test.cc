#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr int kKeys = 60;

ClusterPlan healing() {
  ClusterPlan plan;
  plan.tables = std::string(kOrdinaryTables) + "\n[healing]\nrepair_interval = \"1s\"\n";
  return plan;
}

/// A node whose files were damaged while it was down: `stator storage check` and `stator storage quarantine`.
class QuarantineOfANode : public testing::Test {
 protected:
  QuarantineOfANode() : cluster(healing()) {}

  static std::string key(int i) { return "/kv/key-" + std::to_string(i); }
  static std::string value(int i) { return "value-" + std::to_string(i) + "."; }
  void put_some() {
    HttpClient client = cluster.http(0);
    for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.put(key(i) + "?w=3", value(i)).status, 204);
  }
  Json clock_after_put(const std::string& name) {
    return cluster.http(0).put_json("/kv/" + name + "?w=3", {{"valueBase64", ""}}).json()["vectorClock"];
  }
  bool holds(std::size_t node, int i) {
    return cluster.http(node).get("/debug/siblings/key-" + std::to_string(i)).status == 200;
  }
  std::string store() const { return cluster.data_directory(0) + "/storage/fast"; }
  /// Changes a byte of that value in the log of the first node, and tells where.
  std::pair<std::string, std::size_t> damage(int i) {
    for (const std::string& file : cluster.storage_files(0, "fast", ".wal")) {
      const std::size_t at = read_file(file).rfind(value(i));
      if (at == std::string::npos) continue;
      std::fstream log(file, std::ios::in | std::ios::out | std::ios::binary);
      log.seekp(static_cast<std::streamoff>(at));
      log.put('#');
      return {file, at};
    }
    return {};
  }
  static Finished storage(const std::string& verb, const std::string& directory) {
    return run({STATOR, {"storage", verb, directory, "--json"}, {}, {}, {}});
  }
  std::map<std::string, std::string> all_files() const {
    std::map<std::string, std::string> files;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(store())) {
      if (entry.is_regular_file()) files[entry.path().string()] = read_file(entry.path().string());
    }
    return files;
  }
  void stop(std::size_t node, int signal, int expected) {
    cluster.process(node).signal(signal);
    ASSERT_EQ(cluster.process(node).wait_exit(), expected) << cluster.process(node).errors();
  }
  bool catches_up(std::size_t node) {
    return await([&] {
      const std::string page = cluster.http(node).get("/metrics").body;
      return page.find("stator_partitions_catching_up{keyspace=\"default\"} 0\n") != std::string::npos;
    });
  }

  Cluster cluster;
};

TEST_F(QuarantineOfANode, CheckFindsASoundNodeSoundAndChangesNothing) {
  ASSERT_TRUE(cluster.start_all());
  put_some();
  EXPECT_EQ(storage("check", cluster.data_directory(0)).status, 78) << "it runs";
  stop(0, SIGKILL, -SIGKILL);
  const auto before = all_files();
  const Finished checked = storage("check", cluster.data_directory(0));
  EXPECT_EQ(checked.status, 0) << checked.errors;
  const Json found = Json::parse(checked.output)[0];
  EXPECT_EQ(found["store"], store());
  EXPECT_EQ(found["status"], "sound");
  EXPECT_EQ(found["records"], kKeys);
  EXPECT_EQ(found["node"], "node-a");
  EXPECT_TRUE(all_files() == before);

  const Finished quarantined = storage("quarantine", cluster.data_directory(0));
  EXPECT_EQ(quarantined.status, 0) << quarantined.errors;
  EXPECT_EQ(Json::parse(quarantined.output)[0]["changed"], false);
  EXPECT_TRUE(all_files() == before) << "a sound node is left alone";
  EXPECT_EQ(storage("check", cluster.data_directory(0) + "/nothing").status, 78);
  EXPECT_EQ(storage("quarantine", "/dev").status, 78);
}

TEST_F(QuarantineOfANode, ItStartsAgainAndItsPeersFillWhatIsMissing) {
  ASSERT_TRUE(cluster.start_all());
  put_some();
  EXPECT_EQ(clock_after_put("counted"), (Json{{"node-a", 1}}));
  stop(0, SIGTERM, 0);
  const auto [file, at] = damage(7);
  ASSERT_NE(file, "");

  cluster.process(0).start();
  ASSERT_EQ(cluster.process(0).wait_exit(), 1);
  const std::string refusal = cluster.process(0).errors();
  const Finished checked = storage("check", cluster.data_directory(0));
  ASSERT_EQ(checked.status, 1) << checked.errors;
  const Json found = Json::parse(checked.output)[0];
  const Json fault = found["faults"].at(0);
  EXPECT_EQ(fault["file"], file);
  EXPECT_LT(fault["offset"], at);
  EXPECT_GT(fault["offset"].get<std::size_t>() + fault["bytes"].get<std::size_t>(), at);
  EXPECT_THAT(refusal, HasSubstr(file + " is damaged at offset " + fault["offset"].dump()));
  EXPECT_THAT(refusal, HasSubstr("stator storage quarantine " + store() + "/data"));
  EXPECT_THAT(found["advice"], HasSubstr("stator storage quarantine " + store()));

  const auto damaged = read_file(file);
  const Finished quarantined = storage("quarantine", store() + "/data");
  ASSERT_EQ(quarantined.status, 0) << quarantined.errors;
  const Json report = Json::parse(quarantined.output)[0];
  EXPECT_EQ(report["changed"], true);
  const std::string aside = report["aside"];
  EXPECT_EQ(read_file(aside + "/data/" + fs::path(file).filename().string()), damaged) << "nothing is deleted";
  EXPECT_THAT(read_file(aside + "/REPORT"), HasSubstr(file));
  EXPECT_EQ(storage("check", store()).status, 0);

  ASSERT_TRUE(cluster.start(0));
  ASSERT_TRUE(cluster.await_connected());
  for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(await([&] { return holds(0, i); })) << key(i);
  EXPECT_TRUE(catches_up(0));
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(cluster.http(0).get(key(i) + "?r=3").body, value(i));
  EXPECT_EQ(clock_after_put("counted"), (Json{{"node-a", 1}, {"node-a#2", 1}}))
      << "though it was stopped cleanly, no mark holds";

  // The life in which it caught up counts as one that ended badly; after that it is a node like any other.
  for (const Json& clock :
       {Json{{"node-a", 1}, {"node-a#2", 1}, {"node-a#3", 1}}, Json{{"node-a", 1}, {"node-a#2", 1}, {"node-a#3", 2}}}) {
    stop(0, SIGTERM, 0);
    EXPECT_EQ(storage("check", cluster.data_directory(0)).status, 0);
    ASSERT_TRUE(cluster.start(0));
    ASSERT_TRUE(cluster.await_connected());
    EXPECT_EQ(clock_after_put("counted"), clock);
  }
}

TEST_F(QuarantineOfANode, MayBeKilledAtAnyMoment) {
  std::mt19937_64 random{std::random_device()()};
  std::uniform_int_distribution<int> moment(0, 300'000);
  ASSERT_TRUE(cluster.start_all());
  put_some();
  stop(0, SIGTERM, 0);
  ASSERT_NE(damage(7).first, "");
  const auto damaged = all_files();
  int status = 1;
  for (int i = 0; i < 12 && status == 1; ++i) {
    ServerProcess quarantine({STATOR, {"storage", "quarantine", store()}, {}, {}, {}});
    quarantine.start();
    (void)quarantine.wait_exit(std::chrono::microseconds(moment(random)));
    quarantine.kill_now();
    status = storage("check", store()).status.value_or(-1);
    ASSERT_TRUE(status == 0 || status == 1) << "there is always one or the other";
  }
  EXPECT_EQ(storage("quarantine", store()).status, 0);
  EXPECT_EQ(storage("check", store()).status, 0);
  const auto kept = all_files();
  for (const auto& was : damaged) {
    if (!was.first.ends_with(".wal")) continue;
    EXPECT_TRUE(std::any_of(kept.begin(), kept.end(),
                            [&was](const auto& file) {
                              return file.first.find("/quarantine/") != std::string::npos && file.second == was.second;
                            }))
        << was.first << " is gone";
  }
  ASSERT_TRUE(cluster.start(0));
  ASSERT_TRUE(cluster.await_connected());
  EXPECT_TRUE(catches_up(0));
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(cluster.http(0).get(key(i) + "?r=3").body, value(i));
}

TEST_F(QuarantineOfANode, ItsOldCopiesCountOnlyAfterPeersHaveFilledThem) {
  ASSERT_TRUE(cluster.start_all());
  put_some();
  // The newest of these is lost, and the one before it, which was replaced, is whole.
  const std::string newer = "newer-value.";
  ASSERT_EQ(cluster.http(1).put(key(5) + "?w=3", newer).status, 204);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(cluster.http(0).put("/kv/more-" + std::to_string(i) + "?w=3", "v").status, 204);
  stop(0, SIGKILL, -SIGKILL);
  std::string file;
  for (const std::string& log : cluster.storage_files(0, "fast", ".wal")) {
    const std::size_t at = read_file(log).rfind(newer);
    if (at == std::string::npos) continue;
    std::fstream bytes(log, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put('#');
    file = log;
  }
  ASSERT_NE(file, "");
  ASSERT_EQ(storage("quarantine", store()).status, 0);
  // Nobody is there to fill it: what it has is old, and it knows.
  cluster.process(1).kill_now();
  cluster.process(2).kill_now();
  ASSERT_TRUE(cluster.start(0));
  const HttpAnswer alone = cluster.http(0).get(key(5) + "?r=1");
  EXPECT_EQ(alone.status, 503) << alone.body;
  ASSERT_TRUE(cluster.start_all());
  EXPECT_TRUE(catches_up(0));
  EXPECT_EQ(cluster.http(0).get(key(5) + "?r=1").body, newer);
}

TEST(QuarantineWithoutSalvage, IsRefusedByNameAndACheckReadsACopy) {
  const Scratch scratch;
  const std::string store = scratch.path("node/storage/fast");
  fs::create_directories(store + "/data");
  std::ofstream(store + "/PLUGIN") << "opaque";
  const auto verb = [&](const std::string& name) {
    return run(
        {STATOR, {"storage", name, scratch.path("node"), "--json", std::string("--plugins=") + LIARS}, {}, {}, {}});
  };
  const Finished sound = verb("check");
  EXPECT_EQ(sound.status, 0) << sound.errors;
  EXPECT_EQ(Json::parse(sound.output)[0]["verified"], "contents");
  EXPECT_TRUE(fs::is_empty(store + "/data")) << "a copy was opened";

  std::ofstream(store + "/data/damaged") << "x";
  const Finished damaged = verb("check");
  EXPECT_EQ(damaged.status, 1);
  EXPECT_THAT(damaged.output, HasSubstr("something is wrong here"));
  EXPECT_THAT(damaged.output, Not(HasSubstr("stator storage quarantine"))) << "it is no use here";
  const Finished refused = verb("quarantine");
  EXPECT_EQ(refused.status, 78);
  EXPECT_THAT(refused.errors, HasSubstr("plugin opaque"));
  EXPECT_THAT(refused.errors, HasSubstr("stator.salvage/1"));
  EXPECT_FALSE(fs::exists(store + "/data/opened"));
  EXPECT_FALSE(fs::exists(store + "/checking"));
  EXPECT_FALSE(fs::exists(store + "/quarantine"));

  std::ofstream(store + "/PLUGIN") << "nosuch";
  EXPECT_EQ(verb("check").status, 78);
}

TEST(QuarantineOfRocksDb, KeepsWhatIsWholeAndPeersFillTheRest) {
  std::string tables = kOrdinaryTables;
  for (const std::string line : {"segment_bytes = \"1MiB\"\n", "snapshot_after_bytes = \"4MiB\"\n"})
    tables.erase(tables.find(line), line.size());
  const std::string plugin = "plugin = \"memtable\"";
  tables.replace(tables.find(plugin), plugin.size(), "plugin = \"rocksdb\"");
  ClusterPlan plan;
  plan.tables = tables + "\n[healing]\nrepair_interval = \"1s\"\n";
  Cluster cluster(plan);
  ASSERT_TRUE(cluster.start_all());
  for (int i = 0; i < kKeys; ++i)
    ASSERT_EQ(cluster.http(0).put("/kv/key-" + std::to_string(i) + "?w=3", "value-" + std::to_string(i)).status, 204);
  cluster.process(0).kill_now();
  const std::string store = cluster.data_directory(0) + "/storage/fast";
  for (const std::string& log : cluster.storage_files(0, "fast", ".log")) {
    const std::size_t at = read_file(log).find("value-30");
    if (at == std::string::npos) continue;
    std::fstream bytes(log, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put('#');
  }
  cluster.process(0).start();
  ASSERT_EQ(cluster.process(0).wait_exit(), 1);
  EXPECT_THAT(cluster.process(0).errors(), HasSubstr("stator storage check " + store + "/data"));
  const ServerProcess::Command check{STATOR, {"storage", "check", store}, {}, {}, {}};
  EXPECT_EQ(run(check).status, 1);
  const Finished done = run({STATOR, {"storage", "quarantine", store}, {}, {}, {}});
  ASSERT_EQ(done.status, 0) << done.errors;
  EXPECT_EQ(run(check).status, 0);
  ASSERT_TRUE(cluster.start(0));
  ASSERT_TRUE(cluster.await_connected());
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_TRUE(await([&] { return cluster.http(0).get("/debug/siblings/key-" + std::to_string(i)).status == 200; }))
        << i;
  }
}

}  // namespace
}  // namespace stator::cluster
