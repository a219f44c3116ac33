#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "cli/backup/manifest.h"
#include "tests/cluster/backup_support.h"

namespace stator::cluster {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr int kKeys = 50;
constexpr int kBig = 40;

std::string path(const std::string& kind, int i, const std::string& keyspace = "") {
  return (keyspace.empty() ? "" : "/ks/" + keyspace) + "/kv/" + kind + "-" + std::to_string(i);
}

/// Values, siblings, tombstones, values that expire, a second keyspace; and so much that a restore is seen under way.
void fill(Cluster& cluster) {
  HttpClient a = cluster.http(0);
  HttpClient b = cluster.http(1);
  for (int i = 0; i < kBig; ++i)
    ASSERT_EQ(a.put(path("big", i) + "?w=3", std::string(300'000, static_cast<char>('a' + i % 26))).status, 204);
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_EQ(a.put(path("plain", i) + "?w=3", "plain " + std::to_string(i)).status, 204);
    ASSERT_EQ(b.put(path("plain", i, "carts") + "?w=3", "cart " + std::to_string(i)).status, 204);
    ASSERT_EQ(a.put(path("expires", i) + "?w=3&ttl_ms=3600000", "soon").status, 204);
    ASSERT_EQ(a.put(path("gone", i) + "?w=3", "was here").status, 204);
    ASSERT_EQ(b.send({"DELETE", path("gone", i) + "?w=3", {}, {}}).status, 204);
    ASSERT_EQ(a.put(path("twins", i) + "?w=3", "origin").status, 204);
    const std::string seen = b.get(path("twins", i)).field("x-stator-context");
    ASSERT_EQ(a.put(path("twins", i) + "?w=3", "one", seen).status, 204);
    ASSERT_EQ(b.put(path("twins", i) + "?w=3", "two", seen).status, 204);
  }
}

void expect_shown(Cluster& cluster) {
  HttpClient client = cluster.http(cluster.size() - 1);
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_EQ(client.get(path("plain", i)).body, "plain " + std::to_string(i));
    EXPECT_EQ(client.get(path("plain", i, "carts")).body, "cart " + std::to_string(i));
    EXPECT_EQ(client.get(path("expires", i)).body, "soon");
    EXPECT_EQ(client.get(path("gone", i)).status, 404);
    EXPECT_EQ(client.get(path("twins", i)).field("x-stator-siblings"), "2");
  }
}

/// One backup of three nodes, for the tests that only look at it or spoil a copy of it.
class BackupRestore : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch = std::make_unique<Scratch>();
    Cluster cluster(plan_of(3, "memtable", 3));
    ASSERT_TRUE(cluster.start_all());
    fill(cluster);
    const Finished created = create_backup(cluster, scratch->path("backup"));
    ASSERT_EQ(created.status, 0) << created.errors;
  }
  static void TearDownTestSuite() { scratch.reset(); }

  std::string backup() const { return scratch->path("backup"); }
  /// A copy that may be spoilt.
  std::string copy() const {
    const std::string to = scratch->path("copy");
    fs::remove_all(to);
    fs::copy(backup(), to, fs::copy_options::recursive);
    return to;
  }
  static std::string wal_in(const std::string& directory) {
    for (const auto& entry : fs::recursive_directory_iterator(directory + "/node-b")) {
      if (entry.path().extension() == ".wal") return entry.path().string();
    }
    return "";
  }
  void restores_into(const ClusterPlan& plan, std::size_t n) {
    const auto expected = merged_in(backup());
    EXPECT_EQ(expected.size(), 5u * kKeys + kBig);
    Cluster cluster(plan);
    ASSERT_TRUE(cluster.start_all());
    const Finished restored = restore_backup(cluster, backup());
    ASSERT_EQ(restored.status, 0) << restored.errors;
    EXPECT_EQ(Json::parse(restored.output)["records"], 3 * (5 * kKeys + kBig));
    expect_shown(cluster);
    const Finished again = restore_backup(cluster, backup());
    EXPECT_EQ(again.status, 1) << "it has ended, and the cluster is not empty";
    EXPECT_THAT(again.errors, HasSubstr("not empty"));
    expect_restored(cluster, expected, n);
    // What is written now comes after what was restored, and replaces it.
    ASSERT_TRUE(cluster.start_all());
    const std::string seen = cluster.http(0).get(path("twins", 0)).field("x-stator-context");
    ASSERT_EQ(cluster.http(0).put(path("twins", 0), "new", seen).status, 204);
    const HttpAnswer shown = cluster.http(cluster.size() - 1).get(path("twins", 0));
    EXPECT_EQ(shown.body, "new");
    EXPECT_EQ(shown.field("x-stator-siblings"), "");
  }

  static std::unique_ptr<Scratch> scratch;
};
std::unique_ptr<Scratch> BackupRestore::scratch;

TEST_F(BackupRestore, IntoAsManyNodes) { restores_into(plan_of(3, "memtable", 3), 3); }
TEST_F(BackupRestore, IntoMoreNodesOfAnotherEngine) { restores_into(plan_of(5, "rocksdb", 3), 3); }
TEST_F(BackupRestore, IntoOneNode) { restores_into(plan_of(1, "memtable", 1), 1); }

/// Keyspace carts has a storage of its own.
ClusterPlan plan_of_two(std::size_t nodes, const std::string& plugin, const std::string& plugin_of_carts) {
  ClusterPlan plan = plan_of(nodes, plugin, 3);
  const std::string shared = "storage = \"fast\"";
  plan.tables.replace(plan.tables.find(shared, plan.tables.find("[keyspace.carts]")), shared.size(),
                      "storage = \"own\"");
  plan.tables += "\n[storage.own]\nplugin = \"" + plugin_of_carts + "\"\n";
  return plan;
}

TEST(BackupOfSeveralStorages, IsRestoredWhereTheirEnginesAreExchangedAndTheNodesAreMore) {
  Cluster origin(plan_of_two(3, "memtable", "rocksdb"));
  ASSERT_TRUE(origin.start_all());
  fill(origin);
  const std::string backup = origin.scratch().path("backup");
  const Finished created = create_backup(origin, backup);
  ASSERT_EQ(created.status, 0) << created.errors;
  for (const std::string node : {"node-a", "node-b", "node-c"}) {
    EXPECT_EQ(read_file(backup + "/" + node + "/storage/fast/PLUGIN"), "memtable");
    EXPECT_EQ(read_file(backup + "/" + node + "/storage/own/PLUGIN"), "rocksdb");
  }
  const auto expected = merged_in(backup);
  EXPECT_EQ(expected.size(), 5u * kKeys + kBig);
  Cluster cluster(plan_of_two(5, "rocksdb", "memtable"));
  ASSERT_TRUE(cluster.start_all());
  const Finished restored = restore_backup(cluster, backup);
  ASSERT_EQ(restored.status, 0) << restored.errors;
  EXPECT_EQ(Json::parse(restored.output)["records"], 3 * (5 * kKeys + kBig));
  expect_shown(cluster);
  expect_restored(cluster, expected, 3);
}

TEST_F(BackupRestore, WhatWasChangedIsFoundAndNothingIsSent) {
  Cluster cluster(plan_of(1, "memtable", 1));
  ASSERT_TRUE(cluster.start_all());
  const auto refused = [&](const std::string& directory, const std::string& why) {
    for (const Finished& finished : {verify_backup(directory), restore_backup(cluster, directory)}) {
      EXPECT_EQ(finished.status, 1) << why;
      EXPECT_THAT(finished.errors, HasSubstr(why));
    }
  };
  std::string spoilt = copy();
  {
    std::fstream file(wal_in(spoilt), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5000);
    file.put('#');
  }
  refused(spoilt, "SHA-256");
  spoilt = copy();
  fs::resize_file(wal_in(spoilt), fs::file_size(wal_in(spoilt)) - 1);
  refused(spoilt, "bytes");
  spoilt = copy();
  fs::remove(wal_in(spoilt));
  refused(spoilt, "is missing");
  spoilt = copy();
  fs::copy_file(wal_in(spoilt), fs::path(wal_in(spoilt)).parent_path() / "000000000099.wal");
  refused(spoilt, "not in the manifest");
  spoilt = copy();
  {
    std::string text = read_file(spoilt + "/manifest.json");
    text.replace(text.find("node-b"), 6, "node-x");
    std::ofstream(spoilt + "/manifest.json") << text;
  }
  refused(spoilt, "checksum");
  spoilt = copy();
  fs::remove(spoilt + "/manifest.json");
  const Finished unfinished = verify_backup(spoilt);
  EXPECT_EQ(unfinished.status, 78);
  EXPECT_THAT(unfinished.errors, HasSubstr("not finished"));
  EXPECT_EQ(restore_backup(cluster, spoilt).status, 1);

  expect_restored(cluster, {}, 1);
}

TEST_F(BackupRestore, AKeyspaceThatIsMissingOrOtherIsRefusedBeforeAnythingIsSent) {
  Cluster without{ClusterPlan{}};
  ASSERT_TRUE(without.start_all());
  const Finished missing = restore_backup(without, backup());
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.errors, HasSubstr("\"carts\""));
  expect_restored(without, {}, 3);

  Cluster cluster(plan_of(1, "memtable", 1));
  ASSERT_TRUE(cluster.start_all());
  const std::string other = copy();
  auto manifest = *cli::decode_manifest(read_file(other + "/manifest.json"));
  manifest.keyspaces[0].resolver = "another";
  std::ofstream(other + "/manifest.json") << cli::encode_manifest(manifest);
  const Finished differs = restore_backup(cluster, other);
  EXPECT_EQ(differs.status, 1);
  EXPECT_THAT(differs.errors, HasSubstr("another"));
  expect_restored(cluster, {}, 1);
}

TEST_F(BackupRestore, AClusterThatHoldsSomethingIsRefused) {
  Cluster cluster(plan_of(3, "memtable", 3));
  ASSERT_TRUE(cluster.start_all());
  ASSERT_EQ(cluster.http(0).put("/kv/k?w=3", "v").status, 204);
  ASSERT_EQ(cluster.http(0).send({"DELETE", "/kv/k?w=3", {}, {}}).status, 204);
  const Finished refused = restore_backup(cluster, backup());
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("not empty"));
  EXPECT_THAT(refused.errors, HasSubstr("would come back"));
  EXPECT_EQ(cluster.http(0).get(path("plain", 0)).status, 404);
  for (std::size_t node = 0; node < 3; ++node)
    EXPECT_EQ(cluster.http(node).send({"POST", "/admin/restore/records", {}, "x"}).status, 400);
}

TEST_F(BackupRestore, OneThatWasInterruptedGoesOn) {
  Cluster cluster(plan_of(3, "memtable", 3));
  ASSERT_TRUE(cluster.start_all());
  ServerProcess first(backup_command("restore", backup(), {"--url", urls_of(cluster)}));
  first.start();
  const auto keys = [&] { return cluster.http(0).get("/debug/persist").json()["keys"].get<std::uint64_t>(); };
  ASSERT_TRUE(await([&] { return keys() > 30; }));
  ASSERT_TRUE(first.running()) << "it was over before: give it more to do";
  first.kill_now();
  ASSERT_LT(keys(), 5u * kKeys + kBig);

  const std::string id = cli::decode_manifest(read_file(backup() + "/manifest.json"))->id;
  const std::string other = copy();
  auto manifest = *cli::decode_manifest(read_file(other + "/manifest.json"));
  manifest.id = std::string(32, '7');
  std::ofstream(other + "/manifest.json") << cli::encode_manifest(manifest);
  const Finished another = restore_backup(cluster, other);
  EXPECT_EQ(another.status, 1);
  EXPECT_THAT(another.errors, HasSubstr(id));
  // Also a node that was started again knows.
  cluster.process(0).kill_now();
  ASSERT_TRUE(cluster.start(0));
  ASSERT_TRUE(cluster.await_connected());
  const Finished second = restore_backup(cluster, backup());
  ASSERT_EQ(second.status, 0) << second.errors;
  EXPECT_EQ(Json::parse(second.output)["continued"], true);
  expect_shown(cluster);
  expect_restored(cluster, merged_in(backup()), 3);
}

TEST_F(BackupRestore, OneThatWasBegunMayBeGivenUp) {
  Cluster cluster(plan_of(1, "memtable", 1));
  ASSERT_TRUE(cluster.start_all());
  const Json other = {{"id", std::string(32, '7')}};
  ASSERT_EQ(cluster.http(0).send({"POST", "/admin/restore/begin", {}, other.dump()}).status, 200);
  EXPECT_EQ(restore_backup(cluster, backup()).status, 1);
  const Finished wrong = run(backup_command("restore", backup(), {"--abandon", "--url", urls_of(cluster)}));
  EXPECT_EQ(wrong.status, 1) << "it is another's";
  ASSERT_EQ(cluster.http(0).send({"POST", "/admin/restore/end", {}, other.dump()}).status, 200);
  EXPECT_EQ(run(backup_command("restore", backup(), {"--abandon", "--url", urls_of(cluster)})).status, 0);
  EXPECT_EQ(restore_backup(cluster, backup()).status, 0);
}

}  // namespace
}  // namespace stator::cluster
