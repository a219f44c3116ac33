#include "rocks_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "stator/metrics.h"
#include "test_storage.h"

namespace stator::rocks {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::set<std::string> threads() {
  std::set<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) ids.insert(entry.path().string());
  return ids;
}

/// A page with nobody looking at it but the test.
class Page final : public PluginMetrics {
 public:
  std::unique_ptr<Shown> show(std::vector<MetricSeries> series) override {
    series_ = std::move(series);
    return std::make_unique<Entry>(*this);
  }
  double read(const std::string& name) const {
    for (const MetricSeries& each : series_) {
      if (each.name == name) return each.read();
    }
    ADD_FAILURE() << name << " is not shown";
    return -1;
  }
  const std::vector<MetricSeries>& series() const { return series_; }

 private:
  struct Entry final : Shown {
    explicit Entry(Page& page) : page(page) {}
    ~Entry() override { page.series_.clear(); }
    Page& page;
  };
  std::vector<MetricSeries> series_;
};

TEST(RocksStorage, EndsItsThreadsWhenItCloses) {
  Scratch scratch;
  std::thread([] {}).join();  // a sanitizer may begin one of its own with the first
  const std::set<std::string> before = threads();
  {
    Process process;
    ASSERT_TRUE(process.storage->open(scratch.file("store")).is_ok());
    for (int i = 0; i < 400; ++i) ASSERT_TRUE(process.put("key" + std::to_string(i), Bytes(1000, 'v')).is_ok());
    EXPECT_GT(threads().size(), before.size()) << "it has flushed, and so it has threads";
  }
  EXPECT_EQ(threads(), before);
}

TEST(RocksStorage, MakesNoThreadAndNoFileBeforeItIsOpened) {
  const std::set<std::string> before = threads();
  const Process process;
  EXPECT_EQ(threads(), before);
  EXPECT_EQ(process.storage->get("key").status().code(), Code::failed_precondition);
  EXPECT_EQ(process.put("key", "value").code(), Code::failed_precondition);
}

TEST(RocksStorage, ShowsWhatRocksDbCounts) {
  Scratch scratch;
  Page page;
  Process process;
  process.host.offer(PluginMetrics::kExtensionId, static_cast<PluginMetrics*>(&page));
  ASSERT_TRUE(process.storage->open(scratch.file("store")).is_ok());
  ASSERT_TRUE(process.put("key", "value").is_ok());
  ASSERT_TRUE(process.put("other", "value").is_ok());
  EXPECT_EQ(process.storage->get("key").value(), "value");
  EXPECT_EQ(page.read("stator_rocksdb_keys_written_total"), 2);
  EXPECT_EQ(page.read("stator_rocksdb_keys_read_total"), 1);
  EXPECT_EQ(page.read("stator_rocksdb_memtable_hits_total"), 1);
  EXPECT_EQ(page.read("stator_rocksdb_wal_syncs_total"), 2);
  EXPECT_EQ(page.read("stator_rocksdb_keys"), 2);
  EXPECT_GT(page.read("stator_rocksdb_wal_sync_seconds"), 0);
  for (const MetricSeries& each : page.series()) {
    EXPECT_EQ(each.labels.at("storage"), "rocksdb");
    EXPECT_EQ(each.kind == MetricSeries::Kind::counter, each.name.ends_with("_total")) << each.name;
    EXPECT_GE(each.read(), 0) << each.name;
  }
  process.storage.reset();
  EXPECT_TRUE(page.series().empty()) << "what is closed is still shown";
}

TEST(RocksStorage, RefusesADirectoryThatHoldsSomethingElse) {
  Scratch scratch;
  std::filesystem::create_directories(scratch.file("store"));
  std::ofstream(scratch.file("store/FORMAT")) << "stator memtable 1\n";
  Process process;
  const Status opened = process.storage->open(scratch.file("store"));
  EXPECT_EQ(opened.code(), Code::failed_precondition);
  EXPECT_THAT(opened.message(), HasSubstr("FORMAT"));
  EXPECT_TRUE(files_with(scratch.file("store"), "CURRENT").empty());
}

TEST(RocksStorage, OpensOneWhoseMakingWasInterrupted) {
  Scratch scratch;
  std::filesystem::create_directories(scratch.file("store"));
  for (const char* name : {"LOCK", "LOG", "IDENTITY", "MANIFEST-000001", "000001.dbtmp"})
    std::ofstream(scratch.file(std::string("store/") + name)).flush();
  Process process;
  const Status opened = process.storage->open(scratch.file("store"));
  ASSERT_TRUE(opened.is_ok()) << opened.text();
  EXPECT_TRUE(process.put("key", "value").is_ok());
}

TEST(RocksStorage, SaysWhoMayOpenItWhenItIsOpen) {
  Scratch scratch;
  Process first;
  ASSERT_TRUE(first.storage->open(scratch.file("store")).is_ok());
  Process second;
  const Status refused = second.storage->open(scratch.file("store"));
  EXPECT_EQ(refused.code(), Code::unavailable) << refused.text();
  EXPECT_THAT(refused.message(), HasSubstr("in use by another process"));
}

struct Refused {
  const char* key;
  Config::Value value;
  const char* message;
};

TEST(RocksStorage, RefusesOptionsThatMakeNoSense) {
  const std::map<std::string, Config::Value, std::less<>> good = {{"block_cache_bytes", std::int64_t{0}},
                                                                  {"write_buffer_bytes", std::int64_t{64 << 10}},
                                                                  {"compression", std::string("zstd")},
                                                                  {"background_threads", std::int64_t{1}}};
  const Refused all[] = {{"compression", std::string("brotli"), "\"brotli\", not lz4, zstd or none"},
                         {"write_buffer_bytes", std::int64_t{1000}, "less than 64KiB"},
                         {"background_threads", std::int64_t{0}, "not 1 to 64"},
                         {"background_threads", std::int64_t{1} << 40, "not 1 to 64"}};
  const Process process;
  testing::FakeHost& host = const_cast<Process&>(process).host;
  Status why;
  EXPECT_NE(RocksStorage::create(host, Config("slow", good), why), nullptr) << why.text();
  for (const Refused& refused : all) {
    auto values = good;
    values[refused.key] = refused.value;
    EXPECT_EQ(RocksStorage::create(host, Config("slow", values), why), nullptr);
    EXPECT_THAT(why.message(), HasSubstr(refused.message));
  }
}

TEST(RocksStorage, CompressesAsItIsToldAndReadsWhatWasWrittenOtherwise) {
  Scratch scratch;
  std::map<std::string, std::uintmax_t> sizes;
  for (const char* compression : {"none", "lz4", "zstd"}) {
    RocksStorage::Options options = small();
    options.compression = compression;
    const Path directory = scratch.file(compression);
    {
      Process process(options);
      ASSERT_TRUE(process.storage->open(directory).is_ok());
      for (int i = 0; i < 40; ++i) ASSERT_TRUE(process.put("key" + std::to_string(i), Bytes(1000, 'v')).is_ok());
      ASSERT_TRUE(process.storage->checkpoint(directory + "-copy").is_ok());
    }
    for (const Path& table : files_with(directory + "-copy", ".sst"))
      sizes[compression] += std::filesystem::file_size(table);
    Process other;  // lz4
    ASSERT_TRUE(other.storage->open(directory).is_ok());
    EXPECT_EQ(other.contents().size(), 40U);
  }
  EXPECT_GT(sizes["none"], 40'000U);
  EXPECT_LT(sizes["lz4"], sizes["none"] / 4);
  EXPECT_LT(sizes["zstd"], sizes["none"] / 4);
}

}  // namespace
}  // namespace stator::rocks
