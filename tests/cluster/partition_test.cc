#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/cluster/linked_cluster.h"
#include "tests/cluster/shown_values.h"

namespace stator::cluster {
namespace {

using std::chrono::milliseconds;

/// Three nodes whose links can be cut.
class Partition : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(linked.cluster().start_all()); }
  HttpClient http(std::size_t node) { return linked.cluster().http(node); }
  LinkProxy& links() { return linked.links(); }

  LinkedCluster linked{3, std::random_device()()};
  HttpClient a = http(0);
  HttpClient b = http(1);
  HttpClient c = http(2);
};

TEST_F(Partition, ALinkCutOneWayCostsOneReplica) {
  links().cut(0, 1);
  EXPECT_EQ(a.put("/kv/k", "v").status, 204) << "through the other link";
  const HttpAnswer all = a.put("/kv/k?w=3&timeout_ms=300", "w");
  EXPECT_EQ(all.status, 503) << "what it sends does not arrive";
  EXPECT_EQ(all.json()["acked"], 2) << all.body;
  EXPECT_EQ(b.put("/kv/k?w=3&timeout_ms=300", "w").status, 503) << "and its answers do not either";
  links().heal();
  ASSERT_TRUE(linked.cluster().await_connected());
  EXPECT_EQ(a.put("/kv/k?w=3", "x").status, 204);
}

TEST_F(Partition, AnIsolatedNodeHasNoQuorumAndTheOthersHave) {
  ASSERT_EQ(a.put("/kv/k?w=3", "old").status, 204);
  links().isolate(0);
  EXPECT_EQ(a.put("/kv/k?timeout_ms=300", "lonely").status, 503);
  EXPECT_EQ(a.get("/kv/k?timeout_ms=300").status, 503);
  EXPECT_EQ(a.get("/kv/k?r=1").body, "lonely") << "a write that missed its quorum has been made here";
  EXPECT_EQ(b.put("/kv/k", "new").status, 204);
  EXPECT_EQ(c.get("/kv/k").body, "new");
  links().heal();
  ASSERT_TRUE(linked.cluster().await_connected());
  const HttpAnswer both = get_json(a, "/kv/k?consistency=all");
  EXPECT_EQ(values_of(both), (std::set<std::string>{"lonely", "new"})) << both.body;
}

TEST_F(Partition, ANodeThatJoinsTwoGroupsServesBoth) {
  links().cut(0, 2);
  links().cut(2, 0);
  for (HttpClient* client : {&a, &b, &c}) EXPECT_EQ(client->put("/kv/k", "v").status, 204);
  for (HttpClient* client : {&a, &b, &c}) EXPECT_EQ(client->get("/kv/k").status, 200);
  const HttpAnswer all = a.put("/kv/k?w=3&timeout_ms=300", "v");
  EXPECT_EQ(all.json()["acked"], 2) << all.body;
}

TEST_F(Partition, SlowAndLossyLinksCostTimeAndNoWrites) {
  for (std::size_t other : {1, 2}) {
    links().set(0, other, {.delay = milliseconds(20), .jitter = milliseconds(20), .loss = 0.05});
    links().set(other, 0, {.delay = milliseconds(20), .jitter = milliseconds(20), .loss = 0.05});
  }
  std::vector<std::string> written;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "slow-" + std::to_string(i);
    if (a.put("/kv/" + key + "?timeout_ms=10000", key).ok()) written.push_back(key);
  }
  EXPECT_THAT(written, testing::SizeIs(testing::Ge(25U)));
  links().heal();
  ASSERT_TRUE(linked.cluster().await_connected());
  for (const std::string& key : written) EXPECT_EQ(b.get("/kv/" + key).body, key);
}

/// Keys that node 2 still holds though they were deleted while it could not be reached.
class Deleted : public Partition {
 protected:
  static constexpr int kKeys = 40;
  static std::string key(int i) { return "doomed-" + std::to_string(i); }

  void write_all() {
    for (int i = 0; i < kKeys; ++i) ASSERT_EQ(a.put("/kv/" + key(i) + "?w=3&timeout_ms=10000", "v").status, 204);
  }
  void delete_all() {
    for (int i = 0; i < kKeys; ++i) ASSERT_EQ(b.send({"DELETE", "/kv/" + key(i), {}, {}}).status, 204) << key(i);
  }
  /// Through every node, again and again, until all replicas agree on each key: it is not there.
  void must_stay_deleted() {
    for (int i = 0; i < kKeys; ++i) {
      bool came_back = false;
      EXPECT_TRUE(await([&] {
        for (std::size_t node : {0, 1, 2}) {
          const HttpAnswer answer = http(node).get("/kv/" + key(i) + "?consistency=quorum");
          came_back = came_back || answer.status == 200;
        }
        return came_back || linked.agrees(key(i));
      })) << key(i);
      EXPECT_FALSE(came_back) << key(i);
      EXPECT_EQ(http(2).get("/kv/" + key(i) + "?r=1").status, 404) << key(i);
    }
  }
};

TEST_F(Deleted, KeysStayDeletedWhenAReplicaThatWasCutOffReturns) {
  write_all();
  links().isolate(2);
  delete_all();
  ASSERT_EQ(c.get("/kv/" + key(0) + "?r=1").body, "v") << "it has missed them";
  links().heal();
  ASSERT_TRUE(linked.cluster().await_connected());
  must_stay_deleted();
}

TEST_F(Deleted, KeysStayDeletedWhenAReplicaThatWasDeadReturns) {
  write_all();
  linked.cluster().process(2).kill_now();
  delete_all();
  ASSERT_TRUE(linked.cluster().start_all());
  must_stay_deleted();
}

TEST_F(Deleted, KeysStayDeletedThroughTheDeathOfAll) {
  write_all();
  linked.cluster().process(2).freeze();
  delete_all();
  for (std::size_t node : {0, 1, 2}) linked.cluster().process(node).kill_now();
  ASSERT_TRUE(linked.cluster().start_all());
  must_stay_deleted();
}

TEST_F(Deleted, AReplicaThatComesBackAliveIsNoticed) {
  write_all();
  links().isolate(2);
  delete_all();
  EXPECT_FALSE(linked.agrees(key(0)));
  EXPECT_EQ(c.get("/kv/" + key(0) + "?r=1").status, 200) << "what must_stay_deleted would call lost";
}

/// The same where removals are soon old enough to be collected.
class Collected : public Deleted {
 protected:
  Collected() {
    for (std::size_t node = 0; node < linked.size(); ++node) {
      for (const char* setting : {"cluster.max_clock_skew=\"500ms\"", "keyspace.default.tombstone_grace=\"3s\"",
                                  "healing.collect_interval=\"500ms\"", "healing.repair_interval=\"1s\""}) {
        linked.cluster().process(node).command().arguments.push_back(std::string("--set=") + setting);
      }
    }
  }
  nlohmann::json explained(int i) { return http(0).get("/admin/explain/" + key(i)).json(); }
  static std::set<std::string> copies(const nlohmann::json& page) {
    std::set<std::string> all;
    for (const nlohmann::json& node : page["preference_list"]) all.insert(node["status"]);
    return all;
  }
  /// What the last rounds that the nodes coordinated came upon.
  static std::set<std::string> blocks(const nlohmann::json& page) {
    std::set<std::string> all;
    for (const nlohmann::json& round : page["tombstone"]["last_rounds"]) all.insert(round["block"]);
    return all;
  }
};

TEST_F(Collected, TombstonesWaitForAReplicaThatMissedThemAndThenGo) {
  write_all();
  linked.cluster().process(2).kill_now();
  delete_all();
  const nlohmann::json others_fault = {2, 3};
  ASSERT_TRUE(await([&] { return explained(0)["tombstone"]["blocked_by"] == others_fault; })) << explained(0);
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_EQ(copies(explained(i)), (std::set<std::string>{"holds", "unreachable"})) << explained(i);
    ASSERT_TRUE(await([&] { return !blocks(explained(i)).empty(); })) << explained(i);
    for (const std::string& block : blocks(explained(i)))
      EXPECT_TRUE(block == "unreachable" || block == "hint") << block;
  }
  ASSERT_TRUE(linked.cluster().start_all());
  must_stay_deleted();
  for (int i = 0; i < kKeys; ++i) {
    EXPECT_TRUE(await([&] { return copies(explained(i)) == std::set<std::string>{"absent"}; })) << explained(i);
  }
  must_stay_deleted();
}

}  // namespace
}  // namespace stator::cluster
