#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <utility>

#include "test_storage.h"

// Disks that fail, below a real database.

namespace stator::rocks {
namespace {

using ::rocksdb::IOStatus;
using ::testing::HasSubstr;

/// What of the disk fails from now on, until it is mended; it counts what it refused.
struct Fault {
  std::string suffix;  ///< of the names of files that fail
  bool full = false;   ///< for want of space
  std::atomic<bool> broken = false;
  std::atomic<int> refused = 0;
  std::atomic<std::uint64_t> free_bytes = 1 << 20;

  bool hits(const std::string& name) const { return broken && name.ends_with(suffix); }
  IOStatus refuse() {
    ++refused;
    return full ? IOStatus::NoSpace("No space left on device") : IOStatus::IOError("an injected error of the disk");
  }
};

class FaultyFile final : public ::rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<::rocksdb::FSWritableFile> file, std::string name, Fault& fault)
      : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), fault_(fault) {}
  using FSWritableFileOwnerWrapper::Append;
  IOStatus Append(const ::rocksdb::Slice& data, const ::rocksdb::IOOptions& options,
                  ::rocksdb::IODebugContext* context) override {
    if (fault_.full && fault_.hits(name_)) return fault_.refuse();
    return FSWritableFileOwnerWrapper::Append(data, options, context);
  }
  IOStatus Sync(const ::rocksdb::IOOptions& options, ::rocksdb::IODebugContext* context) override {
    return fault_.hits(name_) ? fault_.refuse() : FSWritableFileOwnerWrapper::Sync(options, context);
  }
  IOStatus Fsync(const ::rocksdb::IOOptions& options, ::rocksdb::IODebugContext* context) override {
    return fault_.hits(name_) ? fault_.refuse() : FSWritableFileOwnerWrapper::Fsync(options, context);
  }

 private:
  const std::string name_;
  Fault& fault_;
};

class FaultyDisk final : public ::rocksdb::FileSystemWrapper {
 public:
  explicit FaultyDisk(Fault& fault) : FileSystemWrapper(::rocksdb::FileSystem::Default()), fault_(fault) {}
  const char* Name() const override { return "FaultyDisk"; }
  IOStatus GetFreeSpace(const std::string& /*path*/, const ::rocksdb::IOOptions& /*options*/, std::uint64_t* free,
                        ::rocksdb::IODebugContext* /*context*/) override {
    *free = fault_.free_bytes;
    return IOStatus::OK();
  }
  IOStatus NewWritableFile(const std::string& name, const ::rocksdb::FileOptions& options,
                           std::unique_ptr<::rocksdb::FSWritableFile>* made,
                           ::rocksdb::IODebugContext* context) override {
    IOStatus status = FileSystemWrapper::NewWritableFile(name, options, made, context);
    if (status.ok()) *made = std::make_unique<FaultyFile>(std::move(*made), name, fault_);
    return status;
  }

 private:
  Fault& fault_;
};

/// A database on a disk that can be made to fail.
struct Bench {
  explicit Bench(const std::string& suffix, bool full = false) {
    fault.suffix = suffix;
    fault.full = full;
    env = ::rocksdb::NewCompositeEnv(std::make_shared<FaultyDisk>(fault));
    process = std::make_unique<Process>(small(), env.get());
    EXPECT_TRUE(process->storage->open(scratch.file("store")).is_ok());
  }
  /// Writes until a write fails; all before it were acknowledged.
  Status write_until_it_fails() {
    Status status;
    for (; status.is_ok() && acknowledged < 100'000; ++acknowledged)
      status = process->put("key" + std::to_string(acknowledged), Bytes(1000, 'v'));
    --acknowledged;
    return status;
  }
  /// Every later write has the same outcome, also when the disk is well again.
  void expect_stopped(const Status& failure) {
    EXPECT_FALSE(failure.is_ok());
    EXPECT_EQ(process->put("later", "x"), failure);
    fault.broken = false;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(process->put("later", "x"), failure);
    EXPECT_EQ(process->storage->get("later").value(), std::nullopt);
    EXPECT_THAT(process->host.logged(LogLevel::error), ::testing::ElementsAre(HasSubstr("stopped for good")));
  }
  /// Opens the database anew and counts what was acknowledged.
  void expect_nothing_lost() {
    process->storage.reset();
    Process again;
    ASSERT_TRUE(again.storage->open(scratch.file("store")).is_ok());
    for (int i = 0; i < acknowledged; ++i)
      ASSERT_EQ(again.storage->get("key" + std::to_string(i)).value(), Bytes(1000, 'v')) << i;
    EXPECT_TRUE(again.put("later", "x").is_ok());
  }

  Scratch scratch;
  Fault fault;
  std::unique_ptr<::rocksdb::Env> env;
  std::unique_ptr<Process> process;
  int acknowledged = 0;
};

TEST(RocksFailure, AFailedSyncOfTheLogStopsItForGood) {
  Bench bench(".log");
  for (; bench.acknowledged < 10; ++bench.acknowledged)
    ASSERT_TRUE(bench.process->put("key" + std::to_string(bench.acknowledged), Bytes(1000, 'v')).is_ok());
  bench.fault.broken = true;
  const Status failure = bench.write_until_it_fails();
  EXPECT_EQ(bench.acknowledged, 10) << "a write was acknowledged whose sync had failed";
  EXPECT_EQ(bench.fault.refused, 1);
  EXPECT_EQ(failure.code(), Code::internal);
  EXPECT_THAT(failure.message(), HasSubstr("an injected error of the disk"));
  bench.expect_stopped(failure);
  EXPECT_EQ(bench.fault.refused, 1) << "the sync was tried again";
  bench.expect_nothing_lost();
}

TEST(RocksFailure, AFailedFlushStopsItForGood) {
  Bench bench(".sst");
  bench.fault.broken = true;
  const Status failure = bench.write_until_it_fails();
  EXPECT_GT(bench.acknowledged, 10) << "the log is well, so the first writes are too";
  bench.expect_stopped(failure);
  bench.expect_nothing_lost();
}

TEST(RocksFailure, AFullDiskUnderTheLogStopsItForGood) {
  Bench bench(".log", true);
  for (; bench.acknowledged < 10; ++bench.acknowledged)
    ASSERT_TRUE(bench.process->put("key" + std::to_string(bench.acknowledged), Bytes(1000, 'v')).is_ok());
  bench.fault.broken = true;
  const Status failure = bench.write_until_it_fails();
  EXPECT_EQ(failure.code(), Code::internal) << "storage_full would pass";
  EXPECT_THAT(failure.message(), HasSubstr("No space left"));
  bench.expect_stopped(failure);
  bench.expect_nothing_lost();
}

// RocksDB's own logger would end the process with the line after one that could not be written.
TEST(RocksFailure, OfWhatRocksdbSaysOfItselfIsNone) {
  Bench bench("/LOG", true);
  bench.fault.broken = true;
  for (; bench.acknowledged < 500; ++bench.acknowledged)
    ASSERT_TRUE(bench.process->put("key" + std::to_string(bench.acknowledged), Bytes(1000, 'v')).is_ok());
  EXPECT_GT(bench.fault.refused, 10);
  EXPECT_THAT(bench.process->host.logged(LogLevel::error), ::testing::IsEmpty());
  bench.fault.broken = false;
  bench.expect_nothing_lost();
}

TEST(RocksFailure, OfEveryFileStopsItForGood) {
  Bench bench("", true);
  for (; bench.acknowledged < 10; ++bench.acknowledged)
    ASSERT_TRUE(bench.process->put("key" + std::to_string(bench.acknowledged), Bytes(1000, 'v')).is_ok());
  bench.fault.broken = true;
  const Status failure = bench.write_until_it_fails();
  EXPECT_EQ(bench.acknowledged, 10);
  bench.expect_stopped(failure);
  bench.expect_nothing_lost();
}

TEST(RocksFailure, AFullDiskUnderATablePasses) {
  Bench bench(".sst", true);
  for (int round = 0; round < 3; ++round) {
    bench.fault.broken = true;
    const Status failure = bench.write_until_it_fails();
    EXPECT_EQ(failure.code(), Code::storage_full) << failure.text();
    const int refused = bench.fault.refused;
    for (int i = 0; i < 10; ++i) {
      bench.process->host.advance(std::chrono::seconds(3));
      EXPECT_EQ(bench.process->put("later", "x").code(), Code::storage_full);
    }
    EXPECT_EQ(bench.fault.refused, refused) << "tried again with no more room than before";
    EXPECT_EQ(bench.process->storage->get("key5").value(), Bytes(1000, 'v')) << "reads go on";
    bench.fault.broken = false;
    // The last time no more is free than the storage has seen, as when a file went before it looked.
    if (round < 2) bench.fault.free_bytes = bench.fault.free_bytes * 2;
    bench.process->host.advance(round < 2 ? std::chrono::seconds(3) : std::chrono::seconds(60));
    const Status again = bench.process->put("round" + std::to_string(round), "x");
    ASSERT_TRUE(again.is_ok()) << again.text();
  }
  EXPECT_THAT(bench.process->host.logged(LogLevel::error), ::testing::Each(HasSubstr("until there is room")));
  bench.expect_nothing_lost();
}

TEST(RocksFailure, AFullDiskThatFailsOtherwiseBeforeItHasRoomStopsItForGood) {
  Bench bench(".sst", true);
  bench.fault.broken = true;
  EXPECT_EQ(bench.write_until_it_fails().code(), Code::storage_full);
  bench.fault.full = false;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(bench.process->put("later", "x").code(), Code::storage_full);
    bench.process->host.advance(std::chrono::seconds(60));
  }
  // What is written until RocksDB has tried once more is acknowledged, and is in its log.
  const Status failure = bench.write_until_it_fails();
  EXPECT_EQ(failure.code(), Code::internal) << failure.text();
  bench.fault.broken = false;
  bench.process->host.advance(std::chrono::seconds(3));
  EXPECT_EQ(bench.process->put("later", "x"), failure);
  bench.expect_nothing_lost();
}

}  // namespace
}  // namespace stator::rocks
