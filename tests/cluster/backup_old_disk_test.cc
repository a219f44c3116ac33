#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <set>

#include "tests/cluster/backup_support.h"

namespace stator::cluster {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kKeys = 40;

std::string key(int i) { return "key-" + std::to_string(i); }

/// A node's part of a backup is put in the place of its disk. By how soon tombstones are collected.
class OldCopyOfOneNode : public testing::TestWithParam<const char*> {
 protected:
  OldCopyOfOneNode() : cluster(plan_of(3, "memtable", 3)) {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      for (const std::string setting :
           {"cluster.max_clock_skew=\"500ms\"", "healing.collect_interval=\"500ms\"", GetParam()})
        cluster.process(node).command().arguments.push_back("--set=" + setting);
    }
  }
  /// Messages do not live long here: on a busy machine one may come too late, and is sent again.
  bool done(const HttpRequest& request) {
    return await([&] { return cluster.http(0).send(request).status == 204; });
  }
  bool collected() const { return std::string(GetParam()).find("3s") != std::string::npos; }
  std::set<std::string> copies(int i) {
    std::set<std::string> all;
    const Json page = cluster.http(0).get("/admin/explain/" + key(i)).json();
    for (const Json& node : page["preference_list"]) all.insert(node["status"]);
    return all;
  }
  void all_are_gone() {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      HttpClient client = cluster.http(node);
      for (int i = 0; i < kKeys; ++i) {
        EXPECT_EQ(client.get("/kv/" + key(i) + "?r=1").status, 404) << key(i) << " at " << cluster.name(node);
        EXPECT_EQ(client.get("/kv/" + key(i) + "?r=3").status, 404) << key(i) << " at " << cluster.name(node);
      }
    }
  }

  Cluster cluster;
};
INSTANTIATE_TEST_SUITE_P(Tombstones, OldCopyOfOneNode,
                         testing::Values("keyspace.default.tombstone_grace=\"3s\"",
                                         "keyspace.default.tombstone_grace=\"1h\""));

TEST_P(OldCopyOfOneNode, BringsNothingDeletedBack) {
  ASSERT_TRUE(cluster.start_all());
  for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(done({"PUT", "/kv/" + key(i) + "?w=3", {}, "value"})) << key(i);
  ASSERT_TRUE(done({"PUT", "/kv/stays?w=3", {}, "value"}));
  const std::string backup = cluster.scratch().path("backup");
  const Finished created = create_backup(cluster, backup);
  ASSERT_EQ(created.status, 0) << created.errors;
  for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(done({"DELETE", "/kv/" + key(i) + "?w=3", {}, {}})) << key(i);
  for (int i = 0; collected() && i < kKeys; ++i)
    ASSERT_TRUE(await([&] { return copies(i) == std::set<std::string>{"absent"}; })) << key(i);

  cluster.process(2).signal(SIGTERM);
  ASSERT_EQ(cluster.process(2).wait_exit(), 0);
  fs::remove_all(cluster.data_directory(2));
  fs::copy(backup + "/node-c", cluster.data_directory(2), fs::copy_options::recursive);
  ASSERT_EQ(held_in(cluster.data_directory(2)).data.size(), kKeys + 1u) << "what was deleted since";
  ASSERT_TRUE(cluster.start(2));
  ASSERT_TRUE(await([&] {
    return cluster.http(2).get("/metrics").body.find("stator_partitions_catching_up{keyspace=\"default\"} 0\n") !=
           std::string::npos;
  }));
  ASSERT_TRUE(cluster.await_connected());
  const Finished repaired = run({STATOR, {"repair", "--url", urls_of(cluster)}, {}, {}, {}});
  ASSERT_EQ(repaired.status, 0) << repaired.errors;
  all_are_gone();
  EXPECT_EQ(cluster.http(2).get("/kv/stays?r=3").body, "value");
  for (int i = 0; collected() && i < kKeys; ++i)
    EXPECT_TRUE(await([&] { return copies(i) == std::set<std::string>{"absent"}; })) << key(i);
  all_are_gone();
}

}  // namespace
}  // namespace stator::cluster
