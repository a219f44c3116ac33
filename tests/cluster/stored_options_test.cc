#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Json = nlohmann::json;

constexpr int kKeys = 20;
constexpr const char* kSealed = "plugin = \"sealed\"\nkey = \"swordfish\"\n";

ClusterPlan written_by(const std::string& storage) {
  return {.tables = ordinary_tables(storage) + "\n[healing]\nrepair_interval = \"1s\"\n",
          .plugin_path = LIARS ":" STATOR_PLUGINS};
}

/// A stopped node's files, opened by `stator storage` with the options that they were written under.
class StoredUnder : public testing::Test {
 protected:
  explicit StoredUnder(const std::string& storage = kSealed) : cluster(written_by(storage)) {}

  static std::string key(int i) { return "/kv/key-" + std::to_string(i); }
  static std::string value(int i) { return "value-" + std::to_string(i) + "."; }
  void write_and_stop() {
    ASSERT_TRUE(cluster.start_all());
    for (int i = 0; i < kKeys; ++i) ASSERT_EQ(cluster.http(0).put(key(i) + "?w=3", value(i)).status, 204);
    cluster.process(0).signal(SIGTERM);
    ASSERT_EQ(cluster.process(0).wait_exit(), 0) << cluster.process(0).errors();
  }
  void expect_filled() {
    ASSERT_TRUE(cluster.start(0));
    ASSERT_TRUE(cluster.await_connected());
    for (int i = 0; i < kKeys; ++i)
      EXPECT_TRUE(await([&] { return cluster.http(0).get(key(i) + "?r=3").body == value(i); })) << i;
  }
  std::string store() const { return cluster.data_directory(0) + "/storage/fast"; }
  std::string config_flag() const { return "--config=" + cluster.config(); }
  static Finished storage(const std::string& verb, const std::string& directory, std::vector<std::string> flags = {},
                          std::vector<std::string> environment = {}) {
    flags.insert(flags.begin(), {"storage", verb, directory, "--json"});
    return run({STATOR, std::move(flags), std::move(environment), {}, {}});
  }
  template <typename Matcher>
  static void expect_unfit(const Finished& finished, const Matcher& why) {
    EXPECT_EQ(finished.status, 78) << finished.output;
    EXPECT_THAT(finished.errors, why);
    EXPECT_EQ(finished.output, "");
  }
  static void expect_sound(const Finished& finished) {
    ASSERT_EQ(finished.status, 0) << finished.errors;
    const Json found = Json::parse(finished.output).at(0);
    EXPECT_EQ(found["status"], "sound");
    EXPECT_EQ(found["records"], kKeys);
  }
  /// The file with one text in the place of another.
  std::string changed_config(const std::string& from, const std::string& to) {
    std::string text = read_file(cluster.config());
    text.replace(text.find(from), from.size(), to);
    cluster.scratch().write("changed.toml", text);
    return "--config=" + cluster.scratch().path("changed.toml");
  }

  Cluster cluster;
};

TEST_F(StoredUnder, OptionsWithoutADefaultAreFoundInTheClustersFile) {
  write_and_stop();
  const std::string directory = cluster.data_directory(0);
  const std::string plugins = std::string("--plugins=") + LIARS;
  expect_unfit(storage("check", directory, {plugins}),
               AllOf(HasSubstr(store() + " was written by sealed"), HasSubstr("storage.fast.key"),
                     HasSubstr("what everything is written under"), HasSubstr("--config")));
  expect_sound(storage("check", directory, {config_flag()}));
  expect_sound(storage("check", store() + "/", {config_flag()}));
  expect_unfit(storage("check", directory, {config_flag()}, {"STATOR__STORAGE__FAST__KEY=marlin"}),
               HasSubstr("under another key"));

  expect_unfit(storage("check", directory, {config_flag() + "x"}), HasSubstr(cluster.config() + "x"));
  expect_unfit(storage("check", directory, {changed_config(kSealed, "plugin = \"memtable\"\n"), plugins}),
               AllOf(HasSubstr("was written by sealed"), HasSubstr("[storage.fast] is written by memtable")));
  expect_unfit(storage("check", directory, {changed_config("key = ", "kee = ")}),
               AllOf(HasSubstr("changed.toml:"), HasSubstr("did you mean \"key\"")));
  // What other plugins miss is no matter here.
  expect_sound(storage("check", directory, {changed_config("resolver = \"lww\"", "resolver = \"not_installed\"")}));
}

TEST_F(StoredUnder, AStorageElsewhereIsOfTheNameThatIsSaid) {
  write_and_stop();
  const std::string elsewhere = cluster.scratch().path("rescued");
  fs::copy(store(), elsewhere, fs::copy_options::recursive);
  expect_unfit(storage("check", elsewhere, {config_flag()}),
               AllOf(HasSubstr("[storage.rescued]"), HasSubstr("it has fast")));
  expect_sound(storage("check", elsewhere, {config_flag(), "--storage=fast"}));
  const std::string kept = store() + ".sealed";
  fs::rename(elsewhere, kept);
  expect_sound(storage("check", kept, {config_flag()}));
}

TEST_F(StoredUnder, TheNewFilesOfAQuarantineAreWrittenUnderThemToo) {
  write_and_stop();
  std::ofstream(store() + "/data/damaged") << "x";
  const Finished checked = storage("check", store(), {config_flag()});
  EXPECT_EQ(checked.status, 1);
  EXPECT_THAT(checked.output, HasSubstr("stator storage quarantine " + store() + " " + config_flag()));
  expect_unfit(storage("quarantine", store(), {std::string("--plugins=") + LIARS}),
               AllOf(HasSubstr("storage.fast.key"), HasSubstr("--config")));
  EXPECT_TRUE(fs::exists(store() + "/data/damaged"));
  EXPECT_FALSE(fs::exists(store() + "/quarantine"));

  const Finished done = storage("quarantine", store(), {config_flag()});
  ASSERT_EQ(done.status, 0) << done.errors;
  EXPECT_EQ(Json::parse(done.output).at(0)["changed"], true);
  EXPECT_EQ(read_file(store() + "/data/seal"), "swordfish");
  expect_sound(storage("check", store(), {config_flag()}));
  expect_filled();
}

/// One byte of a value in the node's log is another.
void damage(const std::vector<std::string>& logs, const std::string& value) {
  for (const std::string& file : logs) {
    const std::size_t at = read_file(file).rfind(value);
    if (at == std::string::npos) continue;
    std::fstream log(file, std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(static_cast<std::streamoff>(at));
    log.put('#');
  }
}

struct OfMemtable : StoredUnder {
  OfMemtable() : StoredUnder("plugin = \"memtable\"\nsegment_bytes = \"1MiB\"\n") {}
};

// Segments are written in advance: of the size that is the default they would take a hundred times the room.
TEST_F(OfMemtable, AQuarantineTakesTheRoomThatTheNodeWould) {
  write_and_stop();
  damage(cluster.storage_files(0, "fast", ".wal"), value(7));
  const Finished done = storage("quarantine", store(), {config_flag()});
  ASSERT_EQ(done.status, 0) << done.errors;
  EXPECT_EQ(Json::parse(done.output).at(0)["changed"], true);
  const std::vector<std::string> logs = cluster.storage_files(0, "fast", ".wal");
  ASSERT_FALSE(logs.empty());
  for (const std::string& log : logs) EXPECT_LT(fs::file_size(log), 2U << 20) << log;
  expect_filled();
}

struct OfRocksDb : StoredUnder {
  OfRocksDb() : StoredUnder("plugin = \"rocksdb\"\ncompression = \"none\"\n") {}
};

TEST_F(OfRocksDb, AQuarantineCompressesAsTheNodeWould) {
  write_and_stop();
  cluster.process(0).start();  // what is in a table already has no record of its own to damage
  ASSERT_TRUE(cluster.await_connected());
  ASSERT_EQ(cluster.http(0).put("/kv/last?w=3", "the-last-value").status, 204);
  ASSERT_EQ(cluster.http(0).put("/kv/other?w=3", "another").status, 204);
  cluster.process(0).kill_now();
  damage(cluster.storage_files(0, "fast", ".log"), "the-last-value");
  const Finished done = storage("quarantine", store(), {config_flag()});
  ASSERT_EQ(done.status, 0) << done.errors;
  EXPECT_EQ(Json::parse(done.output).at(0)["changed"], true);
  std::size_t noted = 0;
  for (const auto& entry : fs::directory_iterator(store() + "/data")) {
    if (entry.path().filename().string().find("OPTIONS-") != 0) continue;
    ++noted;
    EXPECT_THAT(read_file(entry.path().string()), HasSubstr("\n  compression=kNoCompression\n"));
  }
  EXPECT_GT(noted, 0U);
  expect_filled();
}

}  // namespace
}  // namespace stator::cluster
