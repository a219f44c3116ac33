#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cluster/backup_support.h"

namespace stator::cluster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr int kKeys = 20;

std::string key(int i) { return "/kv/key-" + std::to_string(i); }
std::string value(int i) { return "value-" + std::to_string(i); }

// The plugin has an option without a default, and cannot read under another value of it.
TEST(BackupOfAnAuthorsPlugin, IsReadWithTheOptionsOfTheClusterThatWroteIt) {
  Cluster cluster({.tables = ordinary_tables("plugin = \"sealed\"\nkey = \"swordfish\"\n"),
                   .plugin_path = LIARS ":" STATOR_PLUGINS});
  ASSERT_TRUE(cluster.start_all());
  for (int i = 0; i < kKeys; ++i) ASSERT_EQ(cluster.http(0).put(key(i) + "?w=3", value(i)).status, 204);
  const std::string directory = cluster.scratch().path("backup");
  const Finished created = create_backup(cluster, directory);
  ASSERT_EQ(created.status, 0) << created.errors;

  const std::string plugins = std::string("--plugins=") + LIARS;
  const std::string config = "--config=" + cluster.config();
  const auto needs_config =
      AllOf(HasSubstr("was written by sealed"), HasSubstr("storage.fast.key"), HasSubstr("--config"));
  const Finished unknown = run(backup_command("verify", directory, {plugins}));
  EXPECT_EQ(unknown.status, 78);
  EXPECT_THAT(unknown.errors, needs_config);
  const Finished verified = run(backup_command("verify", directory, {config}));
  ASSERT_EQ(verified.status, 0) << verified.errors;
  EXPECT_EQ(Json::parse(verified.output)["records"], 3 * kKeys);

  Cluster other(plan_of(1, "memtable", 1));
  ASSERT_TRUE(other.start_all());
  const Finished refused = run(backup_command("restore", directory, {"--url", urls_of(other), plugins}));
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, needs_config);
  const Finished restored = run(backup_command("restore", directory, {"--url", urls_of(other), config}));
  ASSERT_EQ(restored.status, 0) << restored.errors;
  EXPECT_EQ(Json::parse(restored.output)["continued"], false) << "the one before has not begun";
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(other.http(0).get(key(i)).body, value(i));
}

}  // namespace
}  // namespace stator::cluster
