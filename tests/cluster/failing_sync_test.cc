#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "tests/cluster/cluster.h"
#include "tests/cluster/load.h"
#include "tests/cluster/loop_disk.h"
#include "tests/cluster/small_disk.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::size_t kVictim = 2;
constexpr std::size_t kOther = 0;

/// Keys of `single` are on one node alone: what it acknowledges is acknowledged by its storage, and by nothing else.
constexpr const char* kSingle = R"(
[keyspace.single]
resolver = "lww"
storage = "fast"
membership = "main"
transports = ["http"]
n = 1
sloppy = false
)";
constexpr const char* kSinglePath = "/ks/single/kv/";
// Neither makes a snapshot or a table in so short a time: what is synced is the log.
constexpr const char* kMemtable = "plugin = \"memtable\"\nsegment_bytes = \"1MiB\"\n";
constexpr const char* kRocksdb = "plugin = \"rocksdb\"\n";

/// Three nodes, one of them on a disk that can be made to fail and to lose its power, and clients that write to all.
class FailingSync : public testing::TestWithParam<const char*> {
 protected:
  explicit FailingSync(const std::string& storage = GetParam())
      : cluster({.tables = ordinary_tables(storage) + kSingle, .plugin_path = LIARS ":" STATOR_PLUGINS}) {
    for (std::size_t node = 0; node < cluster.size(); ++node) ports.push_back(cluster.port(node));
  }
  ~FailingSync() override { victim().kill_now(); }
  void SetUp() override {
    prepare_victim();
    ASSERT_TRUE(cluster.start_all());
    choose_keys();
    ASSERT_FALSE(HasFatalFailure());
    load.emplace(ports, ledger, 4);
    single_load.emplace(ports, single_ledger, 3, kSinglePath);
    ASSERT_TRUE(load->await_progress(300));
    ASSERT_TRUE(single_load->await_progress(100));
  }
  /// Before it is first started.
  virtual void prepare_victim() {}

  ServerProcess& victim() { return cluster.process(kVictim); }
  void stop_loads() {
    load->stop();
    single_load->stop();
  }
  std::string status_of_victim() {
    const Json health = cluster.http(kVictim).get("/admin/health").json();
    return health.is_discarded() ? "silent" : health["storages"]["fast"]["status"];
  }
  /// Keys that the victim alone holds.
  void choose_keys() {
    for (int i = 0; victims_keys.size() < 8 && i < 1000; ++i) {
      const std::string key = "chosen-" + std::to_string(i);
      ASSERT_EQ(cluster.http(kOther).put(kSinglePath + key, "before").status, 204);
      if (cluster.http(kVictim).get("/ks/single/debug/siblings/" + key).status == 200) victims_keys.push_back(key);
    }
    ASSERT_EQ(victims_keys.size(), 8U);
  }
  /// The victim takes nothing, and says why; through the others all goes on.
  void expect_failed() {
    for (const std::string& key : victims_keys) {
      EXPECT_FALSE(cluster.http(kOther).put(kSinglePath + key, "after").ok());
      EXPECT_FALSE(cluster.http(kVictim).put(kSinglePath + key, "after").ok());
    }
    EXPECT_EQ(status_of_victim(), "failed");
    EXPECT_EQ(cluster.http(kVictim).get("/admin/health").json()["status"], "failed");
    EXPECT_THAT(stator_status(), HasSubstr("failed"));
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      if (node == kVictim) continue;
      EXPECT_EQ(cluster.http(node).put("/kv/while-failed-" + std::to_string(node), "v").status, 204);
      EXPECT_EQ(cluster.http(node).get("/kv/while-failed-" + std::to_string(node)).body, "v");
    }
  }
  /// What `stator status` says of the victim.
  std::string stator_status() {
    const Finished finished =
        run({STATOR, {"status", "--url", "http://" + cluster.address(kOther, "http")}, {}, {}, {}});
    EXPECT_EQ(finished.status, 0) << finished.errors;
    const std::size_t line = finished.output.find("\n" + cluster.name(kVictim) + " ");
    EXPECT_NE(line, std::string::npos) << finished.output;
    return finished.output.substr(line + 1, finished.output.find('\n', line + 1) - line - 1);
  }
  void expect_all_of(const Ledger& of, const std::string& path) {
    const Account account = audit(ports, of, path);
    EXPECT_THAT(account.lost, IsEmpty());
    EXPECT_THAT(account.invented, IsEmpty());
    EXPECT_THAT(account.unreadable, IsEmpty());
  }
  /// From its disk as it is: what its storage acknowledged is there, and it is given what it missed.
  void expect_recovery() {
    ASSERT_TRUE(cluster.start(kVictim));
    ASSERT_TRUE(cluster.await_connected());
    expect_all_of(single_ledger, kSinglePath);
    expect_all_of(ledger, "/kv/");
    await_filled();
  }
  void await_filled() {
    EXPECT_TRUE(await([&] {
      const std::string key = "/debug/siblings/while-failed-" + std::to_string(kOther);
      return cluster.http(kVictim).get(key).status == 200;
    })) << "what it missed is not brought";
    EXPECT_EQ(status_of_victim(), "ok");
    EXPECT_EQ(cluster.http(kVictim).put("/kv/afterwards?w=3", "v").status, 204);
  }

  Cluster cluster;
  std::vector<std::uint16_t> ports;
  SmallDisk memory{cluster.scratch().path("images"), 160 * kMiB};
  LoopDisk disk{{cluster.scratch().path("images/disk"), cluster.data_directory(kVictim), 256 * kMiB}};
  std::vector<std::string> victims_keys;
  Ledger ledger;
  Ledger single_ledger;
  std::optional<Load> load;
  std::optional<Load> single_load;
};

std::string storage_name(const testing::TestParamInfo<const char*>& storage) {
  return storage.param == kMemtable ? "memtable" : storage.param == kRocksdb ? "rocksdb" : "liar";
}

/// The disk is thin: it promises blocks that it must find space for when they are first written. That is promised to a
/// process long before, so it is told of it by a sync, once.
class ThinDisk : public FailingSync {
 protected:
  using FailingSync::FailingSync;

  void run_out() {
    victim().freeze();
    disk.release_zeros();
    memory.fill_up_to(0, "filler");
    victim().thaw();
  }
  void find_space() { memory.remove("filler"); }
  /// What the system has cached of the disk, and the disk has not, is gone with that.
  void forget_cached() {
    victim().kill_now();
    disk.unmount();
    disk.mount();
  }
};
INSTANTIATE_TEST_SUITE_P(Storages, ThinDisk, testing::Values(kMemtable, kRocksdb), storage_name);

TEST_P(ThinDisk, StopsOneStorageForGoodAndNothingIsLost) {
  run_out();
  ASSERT_TRUE(await([&] { return status_of_victim() == "failed"; })) << victim().errors();
  find_space();
  // From now on every sync would succeed again.
  EXPECT_TRUE(load->await_progress(300)) << "two of three suffice for w=2";
  EXPECT_TRUE(single_load->await_progress(100)) << "of keys that others hold";
  expect_failed();
  stop_loads();
  forget_cached();
  expect_recovery();

  // And on a new disk, the old one thrown away.
  victim().kill_now();
  disk.unmount();
  disk.format();
  disk.mount();
  ASSERT_TRUE(cluster.start(kVictim));
  ASSERT_TRUE(cluster.await_connected());
  expect_all_of(ledger, "/kv/");
  await_filled();
}

/// Syncs a second time after one that failed, and takes that for done.
class ThinDiskUnderALiar : public ThinDisk {
 protected:
  ThinDiskUnderALiar() : ThinDisk("plugin = \"syncs_again\"\n") {}
};
INSTANTIATE_TEST_SUITE_P(, ThinDiskUnderALiar, testing::Values("syncs_again"), storage_name);

TEST_P(ThinDiskUnderALiar, IsCaught) {
  run_out();
  EXPECT_TRUE(single_load->await_progress(300));
  EXPECT_EQ(status_of_victim(), "ok");
  find_space();
  stop_loads();
  forget_cached();
  ASSERT_TRUE(cluster.start(kVictim));
  ASSERT_TRUE(cluster.await_connected());
  EXPECT_THAT(audit(ports, single_ledger, kSinglePath).lost, Not(IsEmpty()));
}

/// libfiu below the victim: one call of the system fails, without being made.
class Injected : public FailingSync {
 protected:
  void prepare_victim() override {
    victim().command().environment = {"LD_PRELOAD=" FIU_PRELOAD, "FIU_CTRL_FIFO=" + control};
  }
  void fail_once(const std::string& call) {
    const Finished told = run({FIU_CTRL,
                               {"-f", control, "-c", "enable name=" + call + ",onetime,failinfo=" + std::to_string(EIO),
                                std::to_string(victim().pid())},
                               {},
                               {},
                               {}});
    ASSERT_EQ(told.status, 0) << "this test needs libfiu (package fiu-utils): " << told.errors;
  }

  const std::string control = cluster.scratch().path("fiu");
};
INSTANTIATE_TEST_SUITE_P(Storages, Injected, testing::Values(kMemtable, kRocksdb), storage_name);

TEST_P(Injected, AFailureOfOneSyncStopsOneStorageForGood) {
  fail_once("posix/io/sync/fdatasync");
  ASSERT_TRUE(await([&] { return status_of_victim() == "failed"; })) << victim().errors();
  EXPECT_TRUE(load->await_progress(300)) << "two of three suffice for w=2";
  EXPECT_TRUE(single_load->await_progress(100)) << "of keys that others hold";
  expect_failed();
  stop_loads();
  disk.cut_power();
  victim().kill_now();
  disk.unmount();
  disk.mount();
  expect_recovery();
}

}  // namespace
}  // namespace stator::cluster
