#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "test_storage.h"

namespace stator::memtable {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Bytes kilobyte(int number) { return Bytes(1000, static_cast<char>('a' + number % 26)); }

TEST(MemtableLog, TwoWritesAndOneSyncABatch) {
  testing::ModelledDisk disk;
  Process process(disk);
  ASSERT_TRUE(process.open().is_ok());
  process.host.run_all();
  const std::uint64_t before = disk.operations();
  ASSERT_TRUE(process.put("a", "1").is_ok());
  ASSERT_TRUE(process.put("b", "2").is_ok());
  EXPECT_EQ(disk.operations() - before, 6U);
}

TEST(MemtableLog, EntersAPreparedSegmentWithoutFurtherOperations) {
  testing::ModelledDisk disk;
  Process process(disk, {.segment_bytes = 4096});
  ASSERT_TRUE(process.open().is_ok());
  for (int i = 0; i < 30; ++i) {
    process.host.run_all();
    const std::uint64_t before = disk.operations();
    ASSERT_TRUE(process.put("key", kilobyte(i)).is_ok());
    EXPECT_EQ(disk.operations() - before, 3U) << i;
  }
}

TEST(MemtableLog, UsesItsFilesAgainAfterSnapshots) {
  testing::ModelledDisk disk;
  Process process(disk);
  ASSERT_TRUE(process.open().is_ok());
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(process.put("key", kilobyte(i)).is_ok());
    process.host.run_all();
    EXPECT_LE(process.names(".wal").size(), 5U);
    EXPECT_LE(process.names(".snapshot").size(), 1U);
    EXPECT_LE(process.storage->stats().wal_bytes, 10000U);
  }
  EXPECT_THAT(process.names(".tmp"), IsEmpty());
  EXPECT_EQ(process.storage->stats().wal_ops, 200U);
}

TEST(MemtableLog, TakesABatchLargerThanASegment) {
  testing::ModelledDisk disk;
  const Bytes large(20000, 'x');
  Process process(disk);
  ASSERT_TRUE(process.open().is_ok());
  ASSERT_TRUE(process.put("large", large).is_ok());
  ASSERT_TRUE(process.put("small", "y").is_ok());
  disk.crash(1);
  Process again(disk);
  ASSERT_TRUE(again.open().is_ok());
  EXPECT_EQ(again.contents(), (std::map<Bytes, Bytes>{{"large", large}, {"small", "y"}}));
}

// Whatever file operation fails on the way, and whether the power goes then or the process alone.
TEST(MemtableLog, StartsAgainAfterABatchThatItCouldNotMakeRoomFor) {
  std::size_t failures = 0;
  for (const bool power : {true, false}) {
    for (std::uint64_t nth = 1; nth < 10; ++nth) {
      testing::ModelledDisk disk;
      Process process(disk);
      ASSERT_TRUE(process.open().is_ok());
      ASSERT_TRUE(process.put("small", "y").is_ok());
      disk.fail_write_at(nth, Status(Code::internal, "the disk does not write"));
      if (process.put("large", Bytes(20000, 'x')).is_ok()) break;
      ++failures;
      if (power) disk.crash(nth);
      Process again(disk);
      if (!power) process.storage.reset();
      const Status opened = again.open();
      ASSERT_TRUE(opened.is_ok()) << nth << ": " << opened.text();
      EXPECT_EQ(again.contents().at("small"), "y");
    }
  }
  EXPECT_GT(failures, 4U);
}

TEST(MemtableLog, ABatchTooLargeForASecondCopyIsFollowedByAMark) {
  testing::ModelledDisk disk;
  Process process(disk, {.segment_bytes = 64 << 10});
  ASSERT_TRUE(process.open().is_ok());
  process.host.run_all();
  const std::uint64_t before = disk.operations();
  ASSERT_TRUE(process.put("key", Bytes(5000, 'x')).is_ok());
  EXPECT_EQ(disk.operations() - before, 5U);  // the frame, a sync; the mark, its echo, a sync
}

TEST(MemtableLog, AFullDiskPasses) {
  testing::ModelledDisk disk;
  Process process(disk, {.segment_bytes = 4096});
  ASSERT_TRUE(process.open().is_ok());
  disk.set_capacity(4 * make_segment_header({}, 4096).capacity);
  Status written;
  int count = 0;
  for (; written.is_ok() && count < 100; ++count) written = process.put("key" + std::to_string(count), kilobyte(count));
  ASSERT_EQ(written.code(), Code::storage_full);
  EXPECT_EQ(process.put("key", kilobyte(0)).code(), Code::storage_full);
  disk.set_capacity(1 << 20);
  EXPECT_TRUE(process.put("key", kilobyte(1)).is_ok());
  disk.crash(1);
  Process again(disk);
  ASSERT_TRUE(again.open().is_ok());
  EXPECT_EQ(again.contents().size(), static_cast<std::size_t>(count));
}

// Snapshots find no room, and segments find none; both are tried again. Nothing that was acknowledged is lost, however
// often the process dies meanwhile, and at last the disk holds no more than it would have.
TEST(MemtableLog, ADiskThatIsFullAgainAndAgainLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    testing::ModelledDisk disk;
    std::map<Bytes, Bytes> acknowledged;
    auto process = std::make_unique<Process>(disk);
    ASSERT_TRUE(process->open().is_ok());
    std::size_t refused = 0;
    for (int step = 0; step < 200; ++step) {
      if (random() % 4 == 0) disk.set_capacity(10'000 + random() % 80'000);
      const Bytes key = "key" + std::to_string(random() % 30);
      const Bytes value = kilobyte(step);
      const Status written = process->put(key, value);
      ASSERT_TRUE(written.is_ok() || written.code() == Code::storage_full) << written.text();
      if (written.is_ok()) acknowledged[key] = value;
      refused += written.is_ok() ? 0 : 1;
      if (random() % 3 == 0) process->host.run_all();
      if (random() % 20 != 0) continue;
      random() % 2 == 0 ? disk.kill() : disk.crash(random());
      process = std::make_unique<Process>(disk);
      disk.set_capacity(1 << 20);
      ASSERT_TRUE(process->open().is_ok());
      ASSERT_EQ(process->contents(), acknowledged);
    }
    EXPECT_GT(refused, 0U);
    disk.set_capacity(1 << 20);
    for (int i = 0; i < 30; ++i) {
      ASSERT_TRUE(process->put("last", kilobyte(i)).is_ok());
      process->host.run_all();
    }
    acknowledged["last"] = kilobyte(29);
    EXPECT_EQ(process->contents(), acknowledged);
    EXPECT_THAT(process->names(".tmp"), IsEmpty());
    EXPECT_LE(process->names(".snapshot").size(), 1U);
    EXPECT_LE(process->storage->stats().wal_bytes, 40'000U) << "snapshots are made again";
  }
}

// As on a file system that takes new space for every write.
TEST(MemtableLog, AWriteOrSyncOfTheLogThatFindsNoSpaceStopsItForGoodAndIsNotTakenForAFullDisk) {
  for (const bool write : {false, true}) {
    testing::ModelledDisk disk;
    Process process(disk);
    ASSERT_TRUE(process.open().is_ok());
    ASSERT_TRUE(process.put("before", "1").is_ok());
    const Status full(Code::storage_full, "no space left");
    write ? disk.fail_write_at(1, full) : disk.fail_sync_at(1, full);
    EXPECT_EQ(process.put("unsure", "1").code(), Code::internal);
    EXPECT_EQ(process.put("later", "1").code(), Code::internal);
    disk.kill();
    Process again(disk);
    ASSERT_TRUE(again.open().is_ok());
    EXPECT_EQ(again.contents().at("before"), "1");
    EXPECT_FALSE(again.contents().contains("later"));
  }
}

TEST(MemtableLog, ATornTailIsCutAndNoted) {
  testing::ModelledDisk disk;
  Process process(disk);
  ASSERT_TRUE(process.open().is_ok());
  ASSERT_TRUE(process.put("acknowledged", "1").is_ok());
  disk.fail_write_at(1, Status(Code::internal, "cable"));
  ASSERT_FALSE(process.put("never", kilobyte(1)).is_ok());
  disk.kill();
  Process again(disk);
  ASSERT_TRUE(again.open().is_ok());
  EXPECT_THAT(again.host.logged(LogLevel::warning), ElementsAre(HasSubstr("torn frame at offset")));
  EXPECT_EQ(again.contents(), (std::map<Bytes, Bytes>{{"acknowledged", "1"}}));
  disk.crash(1);
  Process third(disk);
  ASSERT_TRUE(third.open().is_ok());
  EXPECT_THAT(third.host.logged(LogLevel::warning), IsEmpty());
}

TEST(MemtableLog, AFrameWhoseSyncFailedIsDurableOnceItWasRecovered) {
  testing::ModelledDisk disk;
  Process process(disk);
  ASSERT_TRUE(process.open().is_ok());
  disk.fail_sync_at(1, Status(Code::internal, "cable"));
  ASSERT_FALSE(process.put("unsure", kilobyte(1)).is_ok());
  disk.kill();
  Process again(disk);
  ASSERT_TRUE(again.open().is_ok());
  ASSERT_EQ(again.contents().size(), 1u);
  ASSERT_TRUE(again.put("next", kilobyte(2)).is_ok());
  disk.crash(1);
  Process third(disk);
  ASSERT_TRUE(third.open().is_ok());
  EXPECT_EQ(third.contents().size(), 2u);
}

TEST(MemtableLog, ABrokenSnapshotIsNoReasonToStop) {
  testing::ModelledDisk disk;
  Process process(disk);
  ASSERT_TRUE(process.open().is_ok());
  process.host.run_all();
  // The 6th write is due to begin a snapshot: its file's first write fails.
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(process.put("key" + std::to_string(i), kilobyte(i)).is_ok());
  process.host.run_all();
  disk.set_capacity(disk.contents(kPath + "/000000000001.wal").size());
  for (int i = 6; i < 9; ++i) ASSERT_TRUE(process.put("key" + std::to_string(i), Bytes("v")).is_ok());
  process.host.run_all();
  disk.kill();
  Process again(disk);
  ASSERT_TRUE(again.open().is_ok());
  EXPECT_THAT(again.contents(), SizeIs(9));
}

TEST(MemtableLog, AWriteAfterAClosedGateOfTasksStillWorksOnReopen) {
  testing::ModelledDisk disk;
  Process process(disk);
  ASSERT_TRUE(process.open().is_ok());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(process.put("key" + std::to_string(i), kilobyte(i)).is_ok());
  process.storage.reset();
  EXPECT_GT(process.host.run_all(), 0U);  // tasks that outlived their storage do nothing
  process.storage = std::make_unique<Memtable>(process.host, kSmall);
  ASSERT_TRUE(process.open().is_ok());
  EXPECT_THAT(process.contents(), SizeIs(20));
}

}  // namespace
}  // namespace stator::memtable
