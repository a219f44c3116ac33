#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

constexpr std::size_t kConnections = 8;  // a node deals them out to its loops in turn

/// Nodes on a storage whose disk answers when the test lets it; each key is on one of them.
class BlockingReads : public testing::Test {
 protected:
  void start(const std::string& plugin, const std::vector<std::string>& nodes = {"node-a"}) {
    lock_path_ = held_.write("lock", "");
    lock_ = ::open(lock_path_.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::flock(lock_, LOCK_EX), 0);
    std::string tables = kOrdinaryTables;
    const std::string honest = "plugin = \"memtable\"\nsegment_bytes = \"1MiB\"\nsnapshot_after_bytes = \"4MiB\"";
    tables.replace(tables.find(honest), honest.size(), "plugin = \"" + plugin + "\"\nlock = \"" + lock_path_ + "\"");
    const std::string quorums = "n = 3\nr = 2\nw = 2";
    tables.replace(tables.find(quorums), quorums.size(), "n = 1\nr = 1\nw = 1");
    cluster_ = std::make_unique<Cluster>(
        ClusterPlan{.nodes = nodes, .tables = tables, .plugin_path = LIARS ":" STATOR_PLUGINS});
    ASSERT_TRUE(cluster_->start_all());
  }
  ~BlockingReads() override { let_go(); }
  void let_go() {
    if (lock_ >= 0) ::close(std::exchange(lock_, -1));
  }
  /// Until so many gets wait for the disk.
  bool await_stalled(int number) const {
    return await([&] { return std::filesystem::exists(lock_path_ + "." + std::to_string(number)); });
  }
  HttpClient client(std::chrono::seconds patience = kPatience, std::size_t node = 0) const {
    return HttpClient(cluster_->port(node), patience);
  }
  void expect_loops_free(std::size_t node) const {
    std::vector<HttpClient> others;
    for (std::size_t i = 0; i < kConnections; ++i) others.push_back(client(kPatience, node));
    for (HttpClient& other : others) EXPECT_EQ(other.get("/health").body, "ok\n") << cluster_->name(node);
  }

  Scratch held_;
  std::string lock_path_;
  int lock_ = -1;
  std::unique_ptr<Cluster> cluster_;
};

TEST_F(BlockingReads, LeaveTheLoopsFreeForEverythingElse) {
  start("stalling");
  std::vector<HttpClient> waiting;
  for (std::size_t i = 0; i < 4; ++i) waiting.push_back(client());
  ASSERT_TRUE(waiting[0].write(wire_text({"GET", "/kv/stall-a?timeout_ms=60000", {}, {}})));
  ASSERT_TRUE(waiting[1].write(wire_text({"GET", "/kv/stall-b?timeout_ms=60000", {}, {}})));
  ASSERT_TRUE(waiting[2].write(wire_text({"PUT", "/kv/stall-c?timeout_ms=60000", {}, "first"})));
  ASSERT_TRUE(await_stalled(3));
  ASSERT_TRUE(waiting[3].write(wire_text({"PUT", "/kv/stall-c?timeout_ms=60000", {}, "second"})));
  std::vector<HttpClient> others;
  for (std::size_t i = 0; i < kConnections; ++i) others.push_back(client());
  for (std::size_t i = 0; i < kConnections; ++i) {
    const std::string key = "/kv/free-" + std::to_string(i);
    EXPECT_EQ(others[i].get("/health").body, "ok\n");
    EXPECT_EQ(others[i].put(key, "value").status, 204);
    EXPECT_EQ(others[i].get(key).body, "value");
  }
  let_go();
  EXPECT_EQ(waiting[0].read().status, 404);
  EXPECT_EQ(waiting[1].read().status, 404);
  EXPECT_EQ(waiting[2].read().status, 204);
  EXPECT_EQ(waiting[3].read().status, 204);
  // Neither write is lost: the later one replaced the earlier, or stands beside it.
  const std::string now = client().get("/kv/stall-c").body;
  EXPECT_TRUE(now == "second" || now == "first") << now;
}

// People ask for them, when something is wrong already.
TEST_F(BlockingReads, OfPagesAboutAKeyLeaveTheLoopsFreeToo) {
  start("stalling", {"node-a", "node-b"});
  HttpClient siblings = client();
  HttpClient explanation = client(kPatience, 1);
  ASSERT_TRUE(siblings.write(wire_text({"GET", "/debug/siblings/stall-a", {}, {}})));
  ASSERT_TRUE(explanation.write(wire_text({"GET", "/admin/explain/stall-b", {}, {}})));
  ASSERT_TRUE(await_stalled(2)) << "node-a reads for both";
  for (std::size_t node = 0; node < 2; ++node) expect_loops_free(node);
  const HttpAnswer explained = explanation.read();
  EXPECT_EQ(explained.status, 200) << "it waits for no disk";
  EXPECT_NE(explained.body.find("its storage has not answered in time"), std::string::npos) << explained.body;
  let_go();
  EXPECT_EQ(siblings.read().status, 404);
  EXPECT_EQ(client().get("/admin/explain/stall-b").body.find("not answered"), std::string::npos);
}

TEST_F(BlockingReads, ThatAreNotDeclaredHoldALoopUpAndAreCaught) {
  start("stalling_in_secret");
  HttpClient waiting = client();
  ASSERT_TRUE(waiting.write(wire_text({"GET", "/kv/stall-a?timeout_ms=60000", {}, {}})));
  ASSERT_TRUE(await_stalled(1));
  int unanswered = 0;
  for (std::size_t i = 0; i < kConnections && unanswered == 0; ++i) {
    if (client(std::chrono::seconds(1)).get("/health").body != "ok\n") ++unanswered;
  }
  EXPECT_GT(unanswered, 0);
}

}  // namespace
}  // namespace stator::cluster
