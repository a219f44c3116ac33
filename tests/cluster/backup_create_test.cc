#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "tests/cluster/backup_support.h"
#include "tests/cluster/load.h"

namespace stator::cluster {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string key(int i) { return "before-" + std::to_string(i); }

/// By the plugin that writes the storage.
class BackupCreate : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Engines, BackupCreate, testing::Values("memtable", "rocksdb"));

TEST_P(BackupCreate, HasEachAcknowledgedWriteThoughTheClusterIsUnderLoad) {
  constexpr int kKeys = 400;
  Cluster cluster(plan_of(3, GetParam(), 3));
  ASSERT_TRUE(cluster.start_all());
  Ledger ledger;
  Load load({cluster.port(0), cluster.port(1), cluster.port(2)}, ledger);
  ASSERT_TRUE(load.await_progress(200));
  for (int i = 0; i < kKeys; ++i)
    ASSERT_EQ(cluster.http(i % 3).put("/kv/" + key(i), "value-" + std::to_string(i)).status, 204);
  const std::size_t before = ledger.acknowledged();
  const std::string directory = cluster.scratch().path("backup");
  const Finished created = create_backup(cluster, directory);
  ASSERT_EQ(created.status, 0) << created.errors;
  ASSERT_TRUE(load.await_progress(100)) << "the nodes serve on";
  EXPECT_GT(ledger.acknowledged(), before);
  load.stop();
  EXPECT_EQ(Json::parse(created.output)["nodes"], 3);
  for (std::size_t node = 0; node < cluster.size(); ++node)
    EXPECT_TRUE(await([&] { return fs::is_empty(cluster.data_directory(node) + "/backup"); })) << "nothing is left";
  const Finished verified = verify_backup(directory);
  ASSERT_EQ(verified.status, 0) << verified.errors;
  EXPECT_GE(Json::parse(verified.output)["records"], 2 * kKeys) << "w is 2";

  const std::map<KeyOfKeyspace, std::string> merged = merged_in(directory);
  Cluster empty(plan_of(3, GetParam(), 3));
  ASSERT_TRUE(empty.start_all());
  const Finished restored = restore_backup(empty, directory);
  ASSERT_EQ(restored.status, 0) << restored.errors;
  for (int i = 0; i < kKeys; ++i)
    EXPECT_EQ(empty.http(i % 3).get("/kv/" + key(i) + "?r=1").body, "value-" + std::to_string(i));
  EXPECT_EQ(audit({empty.port(0), empty.port(1), empty.port(2)}, ledger).invented, std::vector<std::string>());
  expect_restored(empty, merged, 3);
}

TEST(Backup, NeedsAllNodesOrToBeToldOtherwise) {
  Cluster cluster(plan_of(4, "memtable", 3));
  ASSERT_TRUE(cluster.start_all());
  cluster.process(2).kill_now();
  constexpr int kKeys = 60;
  for (int i = 0; i < kKeys; ++i)
    ASSERT_TRUE(await([&] { return cluster.http(0).put("/kv/" + key(i) + "?w=3", "value").status == 204; }));
  const std::string directory = cluster.scratch().path("backup");
  const Finished refused = create_backup(cluster, directory);
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("node-c"));
  EXPECT_THAT(refused.errors, HasSubstr("--allow-missing"));
  EXPECT_FALSE(fs::exists(directory));

  const Finished created =
      run(backup_command("create", directory, {"--allow-missing", "--url", "http://" + cluster.address(0, "http")}));
  ASSERT_EQ(created.status, 0) << created.errors;
  EXPECT_EQ(Json::parse(created.output)["missing"], Json({"node-c"}));
  EXPECT_EQ(Json::parse(verify_backup(directory).output)["missing"], Json({"node-c"}));
  std::size_t hints = 0;
  for (const auto& node : fs::directory_iterator(directory)) {
    if (node.is_directory()) hints += held_in(node.path().string()).hints.size();
  }
  ASSERT_GT(hints, 0u) << "copies that stand in for node-c's";

  Cluster smaller(plan_of(1, "memtable", 1));
  ASSERT_TRUE(smaller.start_all());
  const Finished restored = restore_backup(smaller, directory);
  ASSERT_EQ(restored.status, 0) << restored.errors;
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(smaller.http(0).get("/kv/" + key(i)).body, "value");
  expect_restored(smaller, merged_in(directory), 1);
}

// Each record is in one node's part, once: whichever is left out would be missed.
TEST(Backup, HasWhatIsOnlyKeptForANodeThatIsAway) {
  constexpr int kKeys = 300;
  Cluster cluster(plan_of(2, "memtable", 1));
  ASSERT_TRUE(cluster.start_all());
  cluster.process(1).kill_now();
  for (int i = 0; i < kKeys; ++i)
    ASSERT_TRUE(
        await([&] { return cluster.http(0).put("/kv/" + key(i), "value-" + std::to_string(i)).status == 204; }));
  const std::string directory = cluster.scratch().path("backup");
  const Finished created =
      run(backup_command("create", directory, {"--allow-missing", "--url", "http://" + cluster.address(0, "http")}));
  ASSERT_EQ(created.status, 0) << created.errors;
  const HeldRecords held = held_in(directory + "/node-a");
  std::size_t alone = 0;
  for (const auto& [where, record] : held.hints) alone += held.data.contains(where) ? 0 : 1;
  ASSERT_GT(alone, 0U) << "n is 1: what is node-b's is nowhere else";

  Cluster larger(plan_of(3, "memtable", 3));
  ASSERT_TRUE(larger.start_all());
  const Finished restored = restore_backup(larger, directory);
  ASSERT_EQ(restored.status, 0) << restored.errors;
  for (int i = 0; i < kKeys; ++i)
    EXPECT_EQ(larger.http(2).get("/kv/" + key(i) + "?r=1").body, "value-" + std::to_string(i));
  expect_restored(larger, merged_in(directory), 3);
}

TEST(Backup, GoesIntoADirectoryOfItsOwn) {
  Cluster cluster;
  ASSERT_TRUE(cluster.start_all());
  const std::string directory = cluster.scratch().path("backup");
  fs::create_directories(directory);
  std::ofstream(directory + "/something") << "else";
  const Finished refused = create_backup(cluster, directory);
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("not empty"));
  EXPECT_EQ(read_file(directory + "/something"), "else");
  fs::remove(directory + "/something");
  EXPECT_EQ(create_backup(cluster, directory).status, 0);
  EXPECT_EQ(create_backup(cluster, directory).status, 1) << "a backup is never written over";
}

HttpAnswer post(HttpClient client, const std::string& path, const Json& body) {
  return client.send({"POST", path, {}, body.dump()});
}

TEST(Backup, ANodeGivesAwayTheFilesOfItsCheckpointAndNoOthers) {
  Cluster cluster;
  ASSERT_TRUE(cluster.start_all());
  ASSERT_EQ(cluster.http(0).put("/kv/k", "v").status, 204);
  const std::string id = "0123456789abcdef";
  const std::string other = "fedcba9876543210";
  EXPECT_EQ(post(cluster.http(0), "/admin/backup/begin", {{"id", "../../x"}}).status, 400);
  EXPECT_EQ(cluster.http(0).get("/admin/backup/begin").status, 405);
  ASSERT_EQ(post(cluster.http(0), "/admin/backup/begin", {{"id", id}}).status, 200);
  const auto page = [&] { return cluster.http(0).get("/admin/backup").json(); };
  ASSERT_TRUE(await([&] { return page()["state"] == "ready"; })) << page();
  EXPECT_EQ(post(cluster.http(0), "/admin/backup/begin", {{"id", other}}).status, 409) << "one at a time";
  const Json file = page()["files"].at(0);
  const auto piece = [&](const std::string& which, const std::string& name, std::uint64_t at, std::uint64_t length) {
    return post(cluster.http(0), "/admin/backup/piece",
                {{"id", which}, {"file", name}, {"offset", at}, {"length", length}});
  };
  const std::uint64_t size = file["size"];
  EXPECT_EQ(piece(id, file["path"], 0, size).body.size(), size);
  EXPECT_EQ(piece(id, file["path"], 1, size - 1).body, piece(id, file["path"], 0, size).body.substr(1));
  EXPECT_EQ(piece(id, file["path"], 0, size + 1).status, 400);
  EXPECT_EQ(piece(id, file["path"], size, 1).status, 400);
  EXPECT_EQ(piece(id, file["path"], UINT64_MAX, 2).status, 400);
  EXPECT_EQ(piece(other, file["path"], 0, 1).status, 404);
  for (const std::string& name : {"../" + id + "/" + file["path"].get<std::string>(), std::string("/etc/passwd"),
                                  std::string("storage/../../../cluster.toml"), std::string()})
    EXPECT_EQ(piece(id, name, 0, 1).status, 404) << name;

  // What nobody took away goes with the next start.
  const std::string left = cluster.data_directory(0) + "/backup";
  EXPECT_FALSE(fs::is_empty(left));
  cluster.process(0).kill_now();
  ASSERT_TRUE(cluster.start(0));
  EXPECT_FALSE(fs::exists(left));
  EXPECT_EQ(page()["state"], "none");
  EXPECT_EQ(piece(id, file["path"], 0, size).status, 404);
}

}  // namespace
}  // namespace stator::cluster
