#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "stator/v1/kv.grpc.pb.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/load.h"
#include "tests/cluster/loop_disk.h"
#include "tests/cluster/small_disk.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kDisk = 96 * kMiB;

constexpr const char* kMemtable = "plugin = \"memtable\"\nsegment_bytes = \"1MiB\"\nsnapshot_after_bytes = \"4MiB\"\n";
constexpr const char* kRocksdb = "plugin = \"rocksdb\"\nwrite_buffer_bytes = \"2MiB\"\ncompression = \"none\"\n";

std::string tables_with_reserve(const std::string& storage) {
  std::string tables = kOrdinaryTables;
  const std::string ordinary = kMemtable;
  return tables.replace(tables.find(ordinary), ordinary.size(),
                        storage + "reserve_bytes = \"32MiB\"\nreserve_hard_bytes = \"8MiB\"\n");
}

/// Three nodes, each on a small disk of its own, which clients fill until there is no room for more. By the table of
/// their storage.
class FullDisks : public testing::TestWithParam<const char*> {
 protected:
  FullDisks() : cluster({.tables = tables_with_reserve(GetParam())}) {
    for (std::size_t node = 0; node < cluster.size(); ++node) ports.push_back(cluster.port(node));
  }
  void TearDown() override {
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).kill_now();
  }

  /// Somebody else takes all but so much of every disk.
  void fill_all(std::uint64_t left, const std::string& file) {
    for (std::size_t node = 0; node < cluster.size(); ++node) fill_disk(cluster.data_directory(node), left, file);
  }
  void remove_all(const std::string& file) {
    for (std::size_t node = 0; node < cluster.size(); ++node)
      std::filesystem::remove(cluster.data_directory(node) + "/" + file);
  }
  std::string storage_status(std::size_t node) {
    const nlohmann::json health = cluster.http(node).get("/admin/health").json();
    return health.is_discarded() ? "silent" : health["storages"]["fast"]["status"];
  }
  testing::AssertionResult all_become(const std::string& status) {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      if (!await([&] { return storage_status(node) == status; }))
        return testing::AssertionFailure() << cluster.name(node) << " is " << storage_status(node) << " with "
                                           << free_bytes(cluster.data_directory(node)) << " bytes free; it wrote:\n"
                                           << cluster.process(node).errors();
    }
    return testing::AssertionSuccess();
  }
  bool all_run() {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      if (!cluster.process(node).running()) return false;
    }
    return true;
  }
  void put_removable() {
    HttpClient client = cluster.http(0);
    for (int i = 0; i < 30; ++i) ASSERT_EQ(client.put("/kv/removable-" + std::to_string(i) + "?w=3", "v").status, 204);
  }
  HttpAnswer remove(std::size_t node, int which) {
    return cluster.http(node).send({"DELETE", "/kv/removable-" + std::to_string(which), {}, {}});
  }
  /// Until every node has refused a value. A snapshot that ends then may give some of the room back: somebody else
  /// takes that.
  void fill_under_load() {
    Load load(ports, ledger);
    std::vector<bool> refused(cluster.size());
    const bool full = await([&] {
      for (std::size_t node = 0; node < cluster.size(); ++node) {
        const HttpAnswer answer = cluster.http(node).put("/kv/probe", "v");
        EXPECT_TRUE(answer.status == 204 || answer.status == 507 || answer.status == 503) << answer.body;
        refused[node] = refused[node] || answer.status == 507;
      }
      return std::count(refused.begin(), refused.end(), true) == 3;
    });
    load.stop();
    ASSERT_TRUE(full) << "the disks do not fill";
    for (std::size_t node = 0; node < cluster.size(); ++node) stay_soft(node);
  }
  /// Two seconds on end: no snapshot is under way any more.
  void stay_soft(std::size_t node) {
    std::int64_t since = -1;
    EXPECT_TRUE(await([&] {
      const nlohmann::json health = cluster.http(node).get("/admin/health").json();
      if (health.is_discarded()) return false;
      const std::string status = health["storages"]["fast"]["status"];
      if (status == "ok") fill_disk(cluster.data_directory(node), 20 * kMiB, "taken");
      if (status != "soft_full") since = -1;
      if (status == "soft_full" && since < 0) since = health["uptime_seconds"];
      return since >= 0 && health["uptime_seconds"] >= since + 3;
    })) << cluster.name(node)
        << " is " << storage_status(node) << " with " << free_bytes(cluster.data_directory(node))
        << " bytes free; it wrote:\n"
        << cluster.process(node).errors();
  }
  void expect_all_acknowledged() {
    const Account account = audit(ports, ledger);
    EXPECT_THAT(account.lost, IsEmpty());
    EXPECT_THAT(account.invented, IsEmpty());
    EXPECT_THAT(account.unreadable, IsEmpty());
  }
  void kill_all() {
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).signal(SIGKILL);
    for (std::size_t node = 0; node < cluster.size(); ++node) cluster.process(node).wait_exit();
  }
  /// What a put over gRPC is refused with: its status, and the name of our own code.
  std::pair<grpc::StatusCode, std::string> grpc_put(std::size_t node) {
    const auto kv =
        v1::KV::NewStub(grpc::CreateChannel(cluster.address(node, "grpc"), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    v1::PutRequest request;
    request.set_key("new");
    request.set_value("v");
    v1::PutReply reply;
    const grpc::StatusCode code = kv->Put(&context, request, &reply).error_code();
    const auto& trailing = context.GetServerTrailingMetadata();
    const auto named = trailing.find("stator-code");
    return {code, named == trailing.end() ? "" : std::string(named->second.data(), named->second.size())};
  }
  void expect_soft() {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      HttpClient client = cluster.http(node);
      const HttpAnswer answer = client.put("/kv/new", "v");
      EXPECT_EQ(answer.status, 507) << answer.body;
      EXPECT_EQ(answer.json()["error"], "storage_full");
      EXPECT_EQ(grpc_put(node), std::pair(grpc::StatusCode::RESOURCE_EXHAUSTED, std::string("storage_full")));
      EXPECT_EQ(remove(node, static_cast<int>(node)).status, 204);
      EXPECT_EQ(client.get("/kv/removable-10").body, "v");
      EXPECT_EQ(client.get("/kv/removable-" + std::to_string(node)).status, 404);
      EXPECT_EQ(client.get("/health").status, 200);
      EXPECT_EQ(client.get("/admin/health").json()["status"], "degraded");
      EXPECT_THAT(client.get("/metrics").body,
                  HasSubstr("stator_storage_room{state=\"soft_full\",storage=\"fast\"} 1"));
      EXPECT_THAT(cluster.process(node).errors(), HasSubstr("below its reserve"));
    }
  }
  void expect_read_only() {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      HttpClient client = cluster.http(node);
      EXPECT_EQ(client.put("/kv/new", "v").status, 507);
      EXPECT_EQ(remove(node, 10).status, 507) << "at the hard limit a removal is a write like any other";
      EXPECT_EQ(client.get("/kv/removable-10").body, "v");
    }
  }

  /// Where next to nothing is free a storage may need more to open: then the node says so, and ends.
  void start_or_hear_why_not(std::size_t node) {
    ServerProcess& process = cluster.process(node);
    const std::size_t before = process.errors().size();
    process.start();
    ASSERT_TRUE(await([&] { return !process.running() || cluster.http(node).get("/health").status == 200; }));
    if (process.running()) return;
    EXPECT_EQ(process.wait_exit(), 1);
    EXPECT_THAT(process.errors().substr(before), HasSubstr("No space left on device"));
  }

  Cluster cluster;
  std::vector<std::uint16_t> ports;
  Ledger ledger;
};

std::string storage_name(const testing::TestParamInfo<const char*>& test) {
  return test.param == kMemtable ? "memtable" : "rocksdb";
}

/// In memory, and may grow.
class FullDisk : public FullDisks {
 protected:
  FullDisk() {
    for (std::size_t node = 0; node < cluster.size(); ++node)
      disks.push_back(std::make_unique<SmallDisk>(cluster.data_directory(node), kDisk));
  }
  std::vector<std::unique_ptr<SmallDisk>> disks;
};
INSTANTIATE_TEST_SUITE_P(Storages, FullDisk, testing::Values(kMemtable, kRocksdb), storage_name);

class FullMemtable : public FullDisk {};
INSTANTIATE_TEST_SUITE_P(Storages, FullMemtable, testing::Values(kMemtable));

/// Ext4 over loop devices.
class FullLoopDisk : public FullDisks {
 protected:
  FullLoopDisk() {
    for (std::size_t node = 0; node < cluster.size(); ++node)
      disks.push_back(std::make_unique<LoopDisk>(LoopDisk::Place{cluster.scratch().path("images/" + cluster.name(node)),
                                                                 cluster.data_directory(node), kDisk}));
  }
  SmallDisk memory{cluster.scratch().path("images"), 4 * kDisk};
  std::vector<std::unique_ptr<LoopDisk>> disks;
};
INSTANTIATE_TEST_SUITE_P(Storages, FullLoopDisk, testing::Values(kMemtable, kRocksdb), storage_name);

// Filled by clients alone; not on RocksDB, whose compactions then take several times of such a small disk.
TEST_P(FullMemtable, RefusesValuesThenEverythingAndRecoversWithNothingLost) {
  ASSERT_TRUE(cluster.start_all());
  put_removable();
  fill_under_load();
  ASSERT_TRUE(all_become("soft_full"));
  expect_soft();

  // Somebody else takes what is left, down to the last byte.
  fill_all(4 * kMiB, "last");
  ASSERT_TRUE(all_become("hard_full"));
  expect_read_only();
  fill_all(0, "last");
  expect_read_only();
  EXPECT_TRUE(all_run()) << "a node has died of a full disk";

  kill_all();
  ASSERT_TRUE(cluster.start_all()) << "with next to nothing free";
  ASSERT_TRUE(all_become("hard_full"));
  expect_read_only();
  expect_all_acknowledged();

  // Space comes back in two ways: what others had taken, and a larger disk.
  remove_all("last");
  ASSERT_TRUE(all_become("soft_full"));
  EXPECT_EQ(remove(0, 20).status, 204);
  EXPECT_EQ(cluster.http(0).put("/kv/new", "v").status, 507);
  for (auto& disk : disks) disk->resize(4 * kDisk);
  ASSERT_TRUE(all_become("ok"));
  for (std::size_t node = 0; node < cluster.size(); ++node)
    EXPECT_EQ(cluster.http(node).put("/kv/new-" + std::to_string(node) + "?w=3", "v").status, 204);
  kill_all();
  ASSERT_TRUE(cluster.start_all());
  expect_all_acknowledged();
}

// Most of it is somebody else's, so that the reserve is larger than all that a storage has: what it is there for.
TEST_P(FullLoopDisk, LosesNothingSaysWhyItRefusesAndGoesOnWhenThereIsRoom) {
  ASSERT_TRUE(cluster.start_all());
  put_removable();
  fill_all(40 * kMiB, "taken");
  fill_under_load();
  ASSERT_TRUE(all_become("soft_full"));
  expect_soft();
  fill_all(4 * kMiB, "last");
  ASSERT_TRUE(all_become("hard_full"));
  expect_read_only();
  fill_all(0, "last");
  expect_read_only();
  EXPECT_TRUE(all_run()) << "a node has died of a full disk";

  kill_all();
  for (std::size_t node = 0; node < cluster.size(); ++node) start_or_hear_why_not(node);
  remove_all("last");
  remove_all("taken");
  ASSERT_TRUE(cluster.start_all());
  ASSERT_TRUE(all_become("ok"));
  expect_all_acknowledged();
  for (std::size_t node = 0; node < cluster.size(); ++node)
    EXPECT_EQ(cluster.http(node).put("/kv/new-" + std::to_string(node) + "?w=3", "v").status, 204);
  kill_all();
  ASSERT_TRUE(cluster.start_all());
  expect_all_acknowledged();
}

TEST_P(FullDisk, OfOneNodeIsNotNoticedByClients) {
  ASSERT_TRUE(cluster.start_all());
  put_removable();
  disks[2]->fill_up_to(16 * kMiB, "taken");
  ASSERT_TRUE(await([&] { return storage_status(2) == "soft_full"; }));
  for (int i = 0; i < 200; ++i) {
    const HttpAnswer answer =
        cluster.http(static_cast<std::size_t>(i) % 3).put("/kv/key-" + std::to_string(i), "value-" + std::to_string(i));
    ASSERT_EQ(answer.status, 204) << i << ": " << answer.body;
  }
  const HttpAnswer all = cluster.http(0).put("/kv/everywhere?w=3", "v");
  EXPECT_EQ(all.status, 507);
  EXPECT_EQ(all.json()["error"], "storage_full");
  EXPECT_EQ(all.json()["required"], 3);
  EXPECT_EQ(cluster.http(2).get("/debug/siblings/key-0").status, 404) << "a full replica has taken a value";
  EXPECT_EQ(cluster.http(0).send({"DELETE", "/kv/removable-3?w=3", {}, {}}).status, 204);

  disks[2]->remove("taken");
  ASSERT_TRUE(await([&] { return cluster.http(2).get("/debug/siblings/key-199").status == 200; }))
      << "what it missed is not brought";
}

}  // namespace
}  // namespace stator::cluster
