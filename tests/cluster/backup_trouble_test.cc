#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <random>
#include <thread>

#include "tests/cluster/backup_support.h"
#include "tests/cluster/loop_disk.h"
#include "tests/cluster/small_disk.h"

namespace stator::cluster {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr int kKeys = 40;

/// What goes wrong while a backup is taken: disks that are full, and processes that are killed. By the plugin that
/// writes the storage.
class BackupTrouble : public testing::TestWithParam<const char*> {
 protected:
  BackupTrouble() : cluster(plan_of(3, GetParam(), 3)) {}

  void start_with_data() {
    ASSERT_TRUE(cluster.start_all());
    HttpClient client = cluster.http(0);
    for (int i = 0; i < kKeys; ++i) ASSERT_EQ(client.put(key(i) + "?w=3", value(i)).status, 204);
  }
  static std::string key(int i) { return "/kv/key-" + std::to_string(i); }
  /// Nothing that a storage could make smaller.
  static std::string value(int i) {
    std::mt19937_64 random(static_cast<std::uint64_t>(i));
    std::string bytes(200'000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }
  /// The directory is no backup, and whoever takes it for one is told so.
  void expect_refused(const std::string& directory) {
    EXPECT_FALSE(fs::exists(directory + "/manifest.json"));
    const Finished verified = verify_backup(directory);
    EXPECT_EQ(verified.status, 78);
    const Finished restored = restore_backup(cluster, directory);
    EXPECT_EQ(restored.status, 1);
    for (const Finished& finished : {verified, restored})
      EXPECT_THAT(finished.errors, AllOf(HasSubstr(directory), HasSubstr("not finished")));
  }
  void expect_whole(const std::string& directory) {
    const Finished verified = verify_backup(directory);
    ASSERT_EQ(verified.status, 0) << verified.errors;
    EXPECT_EQ(Json::parse(verified.output)["records"], 3 * kKeys);
  }
  void expect_created(const std::string& directory) {
    const Finished created = create_backup(cluster, directory);
    ASSERT_EQ(created.status, 0) << created.errors;
    expect_whole(directory);
  }
  /// All nodes take writes and know what was written, and none keeps anything of a backup.
  void expect_well() {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      HttpClient client = cluster.http(node);
      EXPECT_EQ(client.put("/kv/key-0?w=3", value(0)).status, 204);
      EXPECT_TRUE(client.get(key(static_cast<int>(node) + 1) + "?r=1").body == value(static_cast<int>(node) + 1));
      EXPECT_EQ(client.get("/admin/health").json()["status"], "ok") << cluster.process(node).errors();
      EXPECT_TRUE(await([&] { return nothing_kept(node); })) << cluster.name(node);
    }
  }
  bool nothing_kept(std::size_t node) {
    const std::string kept = cluster.data_directory(node) + "/backup";
    return !fs::exists(kept) || fs::is_empty(kept);
  }
  /// What a killed command has left at the nodes; they would take it away by themselves for another after a while.
  void end_on_all_nodes() {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      const Json id = cluster.http(node).get("/admin/backup").json()["id"];
      if (id == "") continue;
      EXPECT_EQ(cluster.http(node).send({"POST", "/admin/backup/end", {}, Json({{"id", id}}).dump()}).status, 200);
    }
  }

  Cluster cluster;
};
INSTANTIATE_TEST_SUITE_P(Engines, BackupTrouble, testing::Values("memtable", "rocksdb"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(BackupTrouble, WhereTheCopyFindsNoRoomThereIsNoBackup) {
  const SmallDisk memory(cluster.scratch().path("small"), 12 * kMiB);
  start_with_data();
  const std::string directory = cluster.scratch().path("small/backup");
  const Finished created = create_backup(cluster, directory);
  EXPECT_EQ(created.status, 1);
  EXPECT_EQ(created.output, "");
  EXPECT_THAT(created.errors, AllOf(HasSubstr("node-"), HasSubstr("No space left on device")));
  expect_refused(directory);
  expect_well();
  const Finished again = create_backup(cluster, directory);
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.errors, HasSubstr("remove it"));
  expect_created(cluster.scratch().path("elsewhere"));
}

// The place where nodes put their checkpoints is a disk of its own here, and not the one whose reserve is looked at.
TEST_P(BackupTrouble, WhereACheckpointFindsNoRoomTheNodeServesOn) {
  auto small = std::make_unique<SmallDisk>(cluster.data_directory(1) + "/backup", 2 * kMiB);
  start_with_data();
  const std::string directory = cluster.scratch().path("backup");
  const Finished created = create_backup(cluster, directory);
  EXPECT_EQ(created.status, 1);
  EXPECT_THAT(created.errors, AllOf(HasSubstr("node-b"), HasSubstr("storage fast"), HasSubstr("No space left")));
  EXPECT_FALSE(fs::exists(directory + "/manifest.json"));
  expect_well();
  small.reset();
  expect_created(directory);
  expect_well();
}

TEST_P(BackupTrouble, ANodeThatIsKilledMeanwhileLeavesNoBackup) {
  start_with_data();
  const std::string directory = cluster.scratch().path("backup");
  ServerProcess::Command create = backup_command("create", directory, {"--url", urls_of(cluster)});
  create.errors = cluster.scratch().path("errors");
  ServerProcess command(std::move(create));
  command.start();
  ASSERT_TRUE(await([&] { return fs::exists(directory + "/node-a"); }));
  cluster.process(2).kill_now();
  ASSERT_EQ(command.wait_exit(), 1) << "it was over before: give it more to copy";
  EXPECT_THAT(command.errors(), HasSubstr("node-c"));
  expect_refused(directory);
  ASSERT_TRUE(cluster.start(2));
  ASSERT_TRUE(cluster.await_connected());
  expect_well();
  expect_created(cluster.scratch().path("another"));
}

TEST_P(BackupTrouble, AKilledCommandLeavesABackupOrNone) {
  std::mt19937_64 random{std::random_device()()};
  start_with_data();
  int unfinished = 0;
  for (int round = 0; round < 12; ++round) {
    const std::string directory = cluster.scratch().path("backup-" + std::to_string(round));
    ServerProcess command(backup_command("create", directory, {"--url", urls_of(cluster)}));
    command.start();
    if (round % 2 == 0) (void)await([&] { return fs::exists(directory) || !command.running(); });
    std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution<int>(0, 200'000)(random)));
    command.kill_now();
    if (fs::exists(directory + "/manifest.json")) {
      expect_whole(directory);
    } else if (fs::exists(directory)) {
      ++unfinished;
      expect_refused(directory);
    }
    end_on_all_nodes();
  }
  EXPECT_GT(unfinished, 0) << "no kill has come between: give it more to copy";
  expect_well();
  expect_created(cluster.scratch().path("last"));
}

TEST_P(BackupTrouble, OneThatWasCreatedOutlivesAPowerCut) {
  const SmallDisk memory(cluster.scratch().path("images"), 256 * kMiB);
  LoopDisk disk({cluster.scratch().path("images/disk"), cluster.scratch().path("disk"), 192 * kMiB});
  start_with_data();
  const std::string directory = cluster.scratch().path("disk/backup");
  const Finished created = create_backup(cluster, directory);
  disk.cut_power();
  ASSERT_EQ(created.status, 0) << created.errors;
  disk.unmount();
  disk.mount();
  expect_whole(directory);
}

}  // namespace
}  // namespace stator::cluster
