#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// What a node does with a damaged log, and without space.
class Damage : public testing::Test {
 protected:
  void put_some() {
    HttpClient client = cluster.http(0);
    for (int i = 0; i < 20; ++i)
      ASSERT_EQ(client.put("/kv/key-" + std::to_string(i) + "?w=3", "value-" + std::to_string(i)).status, 204);
  }
  void expect_some(std::size_t node) {
    HttpClient client = cluster.http(node);
    for (int i = 0; i < 20; ++i)
      EXPECT_EQ(client.get("/kv/key-" + std::to_string(i)).body, "value-" + std::to_string(i));
  }
  /// The log file in which the text stands, and where.
  std::pair<std::string, std::size_t> find_in_log(std::size_t node, const std::string& text) {
    for (const std::string& file : cluster.storage_files(node, "fast", ".wal")) {
      const std::size_t at = read_file(file).find(text);
      if (at != std::string::npos) return {file, at};
    }
    return {"", 0};
  }
  static void flip(const std::string& path, std::size_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char was = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(was ^ 1));
  }

  Cluster cluster;
};

TEST_F(Damage, InTheMiddleOfTheLogIsRefusedWithFileAndOffset) {
  ASSERT_TRUE(cluster.start_all());
  put_some();
  cluster.process(0).kill_now();
  const auto [file, offset] = find_in_log(0, "value-3");
  ASSERT_NE(file, "");
  flip(file, offset);
  cluster.process(0).start();
  EXPECT_EQ(cluster.process(0).wait_exit(), 1);
  EXPECT_THAT(cluster.process(0).errors(), HasSubstr(file));
  EXPECT_THAT(cluster.process(0).errors(), ContainsRegex("offset [0-9]+"));
  expect_some(1);

  flip(file, offset);
  ASSERT_TRUE(cluster.start(0)) << "the refusal has changed nothing";
  ASSERT_TRUE(cluster.await_connected());
  expect_some(0);
}

TEST_F(Damage, OfATailThatWasNeverAcknowledgedIsCut) {
  ASSERT_TRUE(cluster.start_all());
  put_some();
  cluster.process(0).kill_now();
  const auto [file, offset] = find_in_log(0, "value-19");
  ASSERT_NE(file, "");
  {  // the beginning of a frame that a dying node did not finish
    const std::string bytes = read_file(file);
    const std::size_t end = bytes.find_last_not_of('\0') + 1;
    std::fstream log(file, std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(static_cast<std::streamoff>(end + 8));
    log << "torn";
  }
  ASSERT_TRUE(cluster.start(0));
  EXPECT_THAT(cluster.process(0).errors(), HasSubstr("never acknowledged; it was cut"));
  ASSERT_TRUE(cluster.await_connected());
  expect_some(0);
}

TEST_F(Damage, ByAFullDiskStopsWritesToThatNodeAlone) {
  std::string tables = kOrdinaryTables;
  tables +=
      "\n[keyspace.single]\nresolver = \"lww\"\nstorage = \"fast\"\nmembership = \"main\"\ntransports = [\"http\"]\nn "
      "= 1\nsloppy = false\n";
  Cluster full({.tables = tables});
  ASSERT_TRUE(full.start_all());
  HttpClient a = full.http(0);
  ASSERT_EQ(a.put("/kv/before?w=3", "v").status, 204);
  ASSERT_EQ(a.put("/ks/single/kv/before", "v").status, 204);
  // From here on node-a's log goes on in the segments it has, and cannot make another.
  std::uint64_t segment = 0;
  for (const std::string& file : full.storage_files(0, "fast", ".wal"))
    segment = std::max<std::uint64_t>(segment, std::filesystem::file_size(file));
  full.process(0).limit_file_size(segment - 1);
  const std::string value(4096, 'x');
  std::size_t acknowledged = 0;
  HttpAnswer refused;
  for (int i = 0; refused.status != 507 && i < 1000; ++i) {
    ASSERT_EQ(a.put("/kv/key-" + std::to_string(i), value).status, 204) << "two others suffice";
    acknowledged = static_cast<std::size_t>(i) + 1;
    refused = a.put("/ks/single/kv/key-" + std::to_string(i), value);
    EXPECT_TRUE(refused.ok() || refused.status == 507) << refused.status << refused.body;
  }
  ASSERT_EQ(refused.status, 507) << "of the keys that node-a alone holds, one was refused";
  EXPECT_EQ(refused.json()["error"], "storage_full");
  EXPECT_TRUE(full.process(0).running());
  EXPECT_EQ(a.get("/kv/before").body, "v") << "what is there can be read";
  EXPECT_EQ(a.get("/health").status, 200);
  EXPECT_EQ(a.get("/admin/health").json()["status"], "degraded");
  EXPECT_EQ(a.get("/admin/health").json()["storages"]["fast"]["status"], "hard_full");
  EXPECT_EQ(a.put("/kv/everywhere?w=3", "v").status, 507);

  full.process(0).kill_now();
  ASSERT_TRUE(full.start_all()) << "with room again";
  EXPECT_EQ(full.http(0).put("/kv/after?w=3", "v").status, 204);
  for (std::size_t i = 0; i < acknowledged; ++i) {
    EXPECT_EQ(full.http(i % 3).get("/kv/key-" + std::to_string(i)).body, value) << i;
  }
}

}  // namespace
}  // namespace stator::cluster
