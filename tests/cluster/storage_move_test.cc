#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <random>
#include <set>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr int kKeys = 60;

/// The ordinary tables with a storage that has no options, so that one line says which plugin writes it; and sets.
ClusterPlan plain() {
  std::string tables = kOrdinaryTables;
  for (const std::string line : {"segment_bytes = \"1MiB\"\n", "snapshot_after_bytes = \"4MiB\"\n"})
    tables.erase(tables.find(line), line.size());
  ClusterPlan plan{.plugin_path = LIARS ":" STATOR_PLUGINS};
  tables +=
      "\n[keyspace.sets]\nresolver = \"add_wins_set\"\nstorage = \"fast\"\nmembership = \"main\"\n"
      "transports = [\"http\"]\nn = 3\nr = 2\nw = 2\n";
  plan.tables = tables + "\n[healing]\nrepair_interval = \"1s\"\n";
  return plan;
}

/// Nodes move from one storage plugin to another and keep what they hold.
class StorageMove : public testing::Test {
 protected:
  StorageMove() : cluster(plain()) {}

  static std::string key(int i) { return "/kv/key-" + std::to_string(i); }
  void put_some() {
    HttpClient client = cluster.http(0);
    for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.put(key(i) + "?w=3", "value-" + std::to_string(i)).status, 204);
  }
  Json clock_after_put(const std::string& name) {
    return cluster.http(0).put_json("/kv/" + name + "?w=3", {{"valueBase64", ""}}).json()["vectorClock"];
  }
  /// Whether the node itself has the key, without asking others.
  bool holds(std::size_t node, int i) {
    return cluster.http(node).get("/debug/siblings/key-" + std::to_string(i)).status == 200;
  }
  /// Of a set that has become a head and rows long before.
  void add(std::size_t node, const std::set<std::string>& elements, const std::string& how = "?w=3") {
    const Json call = {{"op", "add_all"}, {"elements", elements}};
    const HttpAnswer answer = cluster.http(node).send({"POST", "/ks/sets/kv/large" + how, {}, call.dump()});
    ASSERT_TRUE(answer.ok()) << answer.body;
  }
  std::set<std::string> elements(std::size_t node, const std::string& how) {
    const Json value = cluster.http(node).get("/ks/sets/kv/large" + how).json()["value"];
    return value.is_array() ? value.get<std::set<std::string>>() : std::set<std::string>();
  }
  void expect_sound_rows(std::size_t node, std::size_t rows) {
    const Finished checked = run({STATOR, {"storage", "check", directory(node), "--json"}, {}, {}, {}});
    ASSERT_EQ(checked.status, 0) << checked.output << checked.errors;
    EXPECT_EQ(Json::parse(checked.output).at(0)["records"], 1);
    EXPECT_GE(Json::parse(checked.output).at(0)["keys"], rows);
  }
  /// Changes the one line.
  void set_plugin(const std::string& from, const std::string& to) {
    std::string text = read_file(cluster.config());
    const std::string line = "[storage.fast]\nplugin = \"" + from + "\"";
    const std::size_t at = text.find(line);
    ASSERT_NE(at, std::string::npos);
    cluster.scratch().write("cluster.toml", text.replace(at, line.size(), "[storage.fast]\nplugin = \"" + to + "\""));
  }
  ServerProcess::Command convert_command(std::size_t node, const std::string& storage = "fast") const {
    return {STATOR,
            {"storage", "convert", storage, "--config=" + cluster.config(), "--node-id=" + cluster.name(node)},
            {},
            {},
            {}};
  }
  void stop(std::size_t node, int signal, int expected) {
    cluster.process(node).signal(signal);
    ASSERT_EQ(cluster.process(node).wait_exit(), expected) << cluster.process(node).errors();
  }
  void convert_and_start(std::size_t node) {
    const Finished converted = run(convert_command(node));
    ASSERT_EQ(converted.status, 0) << converted.errors;
    EXPECT_THAT(converted.output, HasSubstr("copied and compared"));
    ASSERT_TRUE(cluster.start(node));
    ASSERT_TRUE(cluster.await_connected());
  }
  void expect_refused(const Finished& finished, const std::string& why) {
    EXPECT_EQ(finished.status, 1);
    EXPECT_THAT(finished.errors, HasSubstr(why));
    EXPECT_EQ(finished.output, "");
  }
  std::string directory(std::size_t node) const { return cluster.data_directory(node) + "/storage/fast"; }
  /// With the configuration as it was, which is kept under that name.
  Finished convert_from(std::size_t node, const std::string& before) {
    ServerProcess::Command command = convert_command(node);
    command.arguments.push_back("--from-config=" + before);
    return run(std::move(command));
  }
  std::string plugin_of(std::size_t node) const { return read_file(directory(node) + "/PLUGIN"); }

  Cluster cluster;
};

TEST_F(StorageMove, AConvertedNodeHoldsEverythingAndCountsOn) {
  ASSERT_TRUE(cluster.start_all());
  put_some();
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}}));
  stop(0, SIGTERM, 0);
  set_plugin("memtable", "rocksdb");
  convert_and_start(0);
  for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(holds(0, i)) << i;
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 2}})) << "the note of the clean stop, and the marks, came along";
  EXPECT_THAT(cluster.http(0).get("/metrics").body, HasSubstr("stator_rocksdb_wal_syncs_total{storage=\"fast\"}"));
  EXPECT_TRUE(fs::exists(directory(0) + ".memtable/data/FORMAT")) << "the origin is kept";

  stop(0, SIGTERM, 0);
  set_plugin("rocksdb", "memtable");
  expect_refused(run(convert_command(0, "slow")), "has no [storage.slow]");
  convert_and_start(0);
  for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(holds(0, i)) << i;
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 3}}));
}

TEST_F(StorageMove, ALargeCopyComesAlongRowByRowAndGoesOnGrowing) {
  ASSERT_TRUE(cluster.start_all());
  std::set<std::string> all;
  for (int i = 0; i < 10; ++i) {
    std::set<std::string> some;
    for (int j = 0; j < 100; ++j) some.insert("element-" + std::to_string(i * 100 + j));
    add(static_cast<std::size_t>(i) % 3, some);
    all.merge(some);
  }
  const Json removal = {{"op", "remove"}, {"element", "element-500"}};
  ASSERT_TRUE(cluster.http(1).send({"POST", "/ks/sets/kv/large?w=3", {}, removal.dump()}).ok());
  all.erase("element-500");
  const std::string plugins[] = {"memtable", "rocksdb", "memtable"};
  for (int move = 0; move < 2; ++move) {
    for (std::size_t node = 0; node < 3; ++node) stop(node, SIGTERM, 0);
    expect_sound_rows(0, all.size());
    set_plugin(plugins[move], plugins[move + 1]);
    const Finished converted = run(convert_command(0));
    ASSERT_EQ(converted.status, 0) << converted.errors;
    fs::remove_all(directory(0) + "." + plugins[move]);
    expect_sound_rows(0, all.size());
    // Nobody else is there to help it out.
    ASSERT_TRUE(cluster.start(0));
    EXPECT_EQ(elements(0, "?r=1"), all);
    add(0, {"alone-" + plugins[move + 1]}, "?w=1");
    all.insert("alone-" + plugins[move + 1]);
    EXPECT_EQ(elements(0, "?r=1"), all);
    for (std::size_t node : {1, 2}) ASSERT_EQ(run(convert_command(node)).status, 0) << node;
    for (std::size_t node : {1, 2}) fs::remove_all(directory(node) + "." + plugins[move]);
    ASSERT_TRUE(cluster.start_all());
    for (std::size_t node = 0; node < 3; ++node) {
      add(node, {"together-" + std::to_string(node) + plugins[move + 1]});
      all.insert("together-" + std::to_string(node) + plugins[move + 1]);
    }
    for (std::size_t node = 0; node < 3; ++node) EXPECT_EQ(elements(node, "?r=3"), all) << node;
  }
  for (std::size_t node = 0; node < 3; ++node) stop(node, SIGTERM, 0);
  for (std::size_t node = 0; node < 3; ++node) expect_sound_rows(node, all.size());
}

TEST_F(StorageMove, OneThatWasKilledCountsAnewAfterwards) {
  ASSERT_TRUE(cluster.start_all());
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}}));
  stop(0, SIGKILL, -SIGKILL);
  set_plugin("memtable", "rocksdb");
  convert_and_start(0);
  EXPECT_EQ(clock_after_put("k"), (Json{{"node-a", 1}, {"node-a#2", 1}})) << "there was no clean stop to come along";
}

TEST_F(StorageMove, WrongInputIsRefusedAndNothingIsChanged) {
  ASSERT_TRUE(cluster.start_all());
  put_some();
  expect_refused(run(convert_command(0)), "is written by memtable already");
  set_plugin("memtable", "rocksdb");
  expect_refused(run(convert_command(0)), "in use by another process");
  stop(0, SIGTERM, 0);
  cluster.process(0).start();
  EXPECT_EQ(cluster.process(0).wait_exit(), 1);
  EXPECT_THAT(cluster.process(0).errors(), HasSubstr("stator storage convert")) << "the server says what is to be done";

  fs::create_directories(directory(0) + ".memtable");
  expect_refused(run(convert_command(0)), "is in the way");
  fs::remove(directory(0) + ".memtable");
  fs::create_directories(directory(0) + ".converting/data");
  expect_refused(run(convert_command(0)), "is no unfinished copy");
  fs::remove_all(directory(0) + ".converting");
  // The data of another node.
  stop(1, SIGTERM, 0);
  fs::rename(directory(1), directory(1) + ".own");
  fs::copy(directory(0), directory(1), fs::copy_options::recursive);
  expect_refused(run(convert_command(1)), "belongs to node \"node-a\", not to \"node-b\"");
  fs::remove_all(directory(1));
  expect_refused(run(convert_command(1)), "is no storage of a node");
  fs::rename(directory(1) + ".own", directory(1));

  EXPECT_EQ(plugin_of(0), "memtable");
  EXPECT_FALSE(fs::exists(directory(0) + ".converting"));
  set_plugin("rocksdb", "memtable");
  ASSERT_TRUE(cluster.start_all());
  for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(holds(0, i) && holds(1, i)) << i;
}

/// What RocksDB notes of its options whenever it opens a directory.
std::string last_options_in(const std::string& directory) {
  std::string last;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string path = entry.path().string();
    if (path.find("/OPTIONS-") != std::string::npos) last = std::max(last, path);
  }
  return read_file(last);
}

TEST_F(StorageMove, TheOriginIsOpenedWithTheOptionsThatItWasWrittenUnder) {
  const std::string with_options = "rocksdb\"\ncompression = \"none";
  set_plugin("memtable", with_options);
  ASSERT_TRUE(cluster.start_all());
  put_some();
  stop(0, SIGTERM, 0);
  stop(1, SIGTERM, 0);
  const std::string before = cluster.scratch().path("before.toml");
  fs::copy_file(cluster.config(), before);
  set_plugin(with_options, "memtable");
  expect_refused(convert_from(0, cluster.config()), "was written by rocksdb, and by the configuration");
  expect_refused(convert_from(0, before + "x"), before + "x");
  const Finished converted = convert_from(0, before);
  ASSERT_EQ(converted.status, 0) << converted.errors;
  EXPECT_THAT(last_options_in(directory(0) + ".rocksdb/data"), HasSubstr("\n  compression=kNoCompression\n"));
  ASSERT_TRUE(cluster.start(0));
  for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(holds(0, i)) << i;
  // Not told of them it takes the defaults.
  ASSERT_EQ(run(convert_command(1)).status, 0);
  EXPECT_THAT(last_options_in(directory(1) + ".rocksdb/data"), HasSubstr("\n  compression=kLZ4Compression\n"));
}

TEST_F(StorageMove, WhatCannotBeOpenedWithDefaultsIsSaid) {
  ASSERT_TRUE(cluster.start(0));
  stop(0, SIGTERM, 0);
  cluster.scratch().write(cluster.name(0) + "/storage/fast/PLUGIN", "stalling");
  const Finished refused = run(convert_command(0));
  expect_refused(refused, "--from-config");
  EXPECT_THAT(refused.errors, HasSubstr("storage.fast.lock")) << "it has no default";
  EXPECT_EQ(plugin_of(0), "stalling");
}

TEST_F(StorageMove, AConversionMayBeKilledAtAnyMoment) {
  std::mt19937_64 random{std::random_device()()};
  std::uniform_int_distribution<int> moment(0, 400'000);
  ASSERT_TRUE(cluster.start_all());
  put_some();
  stop(0, SIGTERM, 0);
  set_plugin("memtable", "rocksdb");
  for (int i = 0; i < 12 && plugin_of(0) == "memtable"; ++i) {
    ServerProcess conversion(convert_command(0));
    conversion.start();
    (void)conversion.wait_exit(std::chrono::microseconds(moment(random)));
    conversion.kill_now();
    ASSERT_THAT(plugin_of(0), AnyOf(Eq("memtable"), Eq("rocksdb"))) << "there is always one to start from";
  }
  if (plugin_of(0) == "memtable") {
    const Finished finished = run(convert_command(0));
    ASSERT_EQ(finished.status, 0) << finished.errors;
  }
  ASSERT_TRUE(cluster.start(0));
  for (int i = 0; i < kKeys; ++i) EXPECT_TRUE(holds(0, i)) << i;
}

TEST_F(StorageMove, NodesThatAreWipedOneByOneAreFilledByTheirPeers) {
  ASSERT_TRUE(cluster.start_all());
  put_some();
  set_plugin("memtable", "rocksdb");
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    stop(node, SIGTERM, 0);
    fs::remove_all(cluster.data_directory(node));
    ASSERT_TRUE(cluster.start(node));
    ASSERT_TRUE(cluster.await_connected());
    for (int i = 0; i < kKeys; ++i)
      EXPECT_TRUE(await([&] { return holds(node, i); })) << cluster.name(node) << " has no " << key(i);
    EXPECT_TRUE(await([&] {
      const std::string page = cluster.http(node).get("/metrics").body;
      return page.find("stator_partitions_catching_up{keyspace=\"default\"} 0\n") != std::string::npos;
    })) << "its copies do not count again";
    EXPECT_EQ(plugin_of(node), "rocksdb");
  }
  HttpClient client = cluster.http(2);
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(client.get(key(i) + "?r=3").body, "value-" + std::to_string(i));
}

}  // namespace
}  // namespace stator::cluster
