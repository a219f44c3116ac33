#include "stator/testing/modelled_files.h"

#include <gtest/gtest.h>

#include <set>

// The model forgets all that it may, and nothing that it may not.

namespace stator::testing {
namespace {

const Path kFile = "/dir/file";

struct Life {
  explicit Life(ModelledDisk& disk) : files(disk) { EXPECT_TRUE(files.create_directory("/dir").is_ok()); }
  std::unique_ptr<File> open(OpenMode mode = OpenMode::write) { return std::move(files.open(kFile, mode).value()); }
  ModelledFiles files;
};

/// A disk with a durable file of four sectors of 'a'.
std::unique_ptr<ModelledDisk> four_sectors() {
  auto disk = std::make_unique<ModelledDisk>();
  disk->replace(kFile, Bytes(2048, 'a'));
  return disk;
}

TEST(ModelledFiles, UnsyncedSectorsAreKeptLostOrTornEachOnItsOwn) {
  std::set<Bytes> outcomes;
  bool torn = false;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    auto disk = four_sectors();
    Life life(*disk);
    ASSERT_TRUE(life.open()->write(0, Bytes(1536, 'b')).is_ok());
    disk->crash(seed);
    const Bytes left = disk->contents(kFile);
    ASSERT_EQ(left.size(), 2048U);
    EXPECT_EQ(left.substr(1536), Bytes(512, 'a'));
    Bytes outcome;
    for (std::size_t at = 0; at < 1536; at += 512) {
      outcome += left[at] == left[at + 511] ? left[at] : 't';
      torn |= left[at] != left[at + 511];
    }
    outcomes.insert(outcome);
  }
  EXPECT_TRUE(torn);
  for (const char* possible : {"aaa", "aab", "aba", "abb", "baa", "bab", "bba", "bbb"})
    EXPECT_TRUE(outcomes.contains(possible));
}

TEST(ModelledFiles, SyncedBytesSurvive) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto disk = four_sectors();
    Life life(*disk);
    auto file = life.open();
    ASSERT_TRUE(file->write(100, Bytes(3000, 'b')).is_ok());
    ASSERT_TRUE(file->sync().is_ok());
    disk->crash(seed);
    EXPECT_EQ(disk->contents(kFile), Bytes(100, 'a') + Bytes(3000, 'b'));
  }
}

TEST(ModelledFiles, AChosenOutcomeKeepsJustTheBlocksAndNamesThatWereChosen) {
  auto disk = std::make_unique<ModelledDisk>();
  disk->replace(kFile, Bytes(8192, 'a'));
  Life life(*disk);
  ASSERT_TRUE(life.open()->write(0, Bytes(8192, 'b')).is_ok());
  ASSERT_TRUE(life.files.rename(kFile, "/dir/other").is_ok());
  EXPECT_EQ(disk->unsynced(512).blocks, 16U);
  EXPECT_EQ(disk->unsynced(4096).blocks, 2U);
  EXPECT_EQ(disk->unsynced(512).names, 1U);
  auto sectors = disk->copy();
  sectors->crash({.name = [](std::uint64_t) { return false; }, .data = [](std::uint64_t unit) { return unit == 1; }});
  EXPECT_EQ(sectors->contents(kFile), Bytes(512, 'a') + Bytes(512, 'b') + Bytes(7168, 'a'));
  disk->crash({.block = 4096,
               .name = [](std::uint64_t) { return true; },
               .data = [](std::uint64_t unit) { return unit == 1; }});
  EXPECT_EQ(disk->contents("/dir/other"), Bytes(4096, 'a') + Bytes(4096, 'b'));
  EXPECT_EQ(disk->contents(kFile), "");
}

TEST(ModelledFiles, AnUnsyncedSizeGoesWithTheLastOfItsBlocks) {
  auto disk = four_sectors();
  Life life(*disk);
  ASSERT_TRUE(life.open()->write(2048, Bytes(1024, 'b')).is_ok());
  auto without = disk->copy();
  without->crash({.name = [](std::uint64_t) { return true; }, .data = [](std::uint64_t) { return false; }});
  EXPECT_EQ(without->contents(kFile).size(), 2048U);
  disk->crash({.name = [](std::uint64_t) { return true; }, .data = [](std::uint64_t unit) { return unit == 1; }});
  EXPECT_EQ(disk->contents(kFile), Bytes(2048, 'a') + Bytes(512, '\0') + Bytes(512, 'b'));
}

TEST(ModelledFiles, NamesAreLostUntilTheirDirectoryIsSynced) {
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    auto disk = four_sectors();
    Life life(*disk);
    ASSERT_TRUE(life.files.rename(kFile, "/dir/other").is_ok());
    ASSERT_TRUE(life.files.open("/dir/new", OpenMode::create).value()->sync().is_ok());
    const bool synced = seed >= 40;
    if (synced) {
      ASSERT_TRUE(life.files.sync_directory("/dir").is_ok());
    }
    disk->crash(seed);
    std::string names;
    const std::vector<std::string> found = Life(*disk).files.list("/dir").value();
    for (const std::string& name : found) names += name + " ";
    if (synced) {
      EXPECT_EQ(names, "new other ");
    }
    outcomes.insert(names);
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"file ", "file new ", "new other ", "other "}));
}

TEST(ModelledFiles, WhatAFailedSyncDroppedNoLaterSyncBringsBack) {
  auto disk = four_sectors();
  Life life(*disk);
  auto file = life.open();
  ASSERT_TRUE(file->write(0, Bytes(512, 'b')).is_ok());
  disk->fail_sync_at(1, Status(Code::internal, "injected"));
  EXPECT_EQ(file->sync().message(), "injected");
  ASSERT_TRUE(file->write(512, Bytes(512, 'c')).is_ok());
  EXPECT_TRUE(file->sync().is_ok());
  EXPECT_EQ(file->read(0, 1).value(), "b");
  disk->crash(1);
  EXPECT_EQ(disk->contents(kFile), Bytes(512, 'a') + Bytes(512, 'c') + Bytes(1024, 'a'));
}

TEST(ModelledFiles, TheDeadChangeNothing) {
  auto disk = four_sectors();
  Life life(*disk);
  auto file = life.open();
  auto lock = life.files.lock("/dir/LOCK");
  disk->cut_power_at(2);
  EXPECT_TRUE(file->write(0, "b").is_ok());
  EXPECT_FALSE(file->write(512, "b").is_ok());
  EXPECT_TRUE(disk->fault_met());
  EXPECT_FALSE(file->read(0, 1).is_ok());
  disk->kill();
  const Bytes left = disk->contents(kFile);
  EXPECT_FALSE(file->write(0, "c").is_ok());
  EXPECT_FALSE(life.files.remove(kFile).is_ok());
  EXPECT_EQ(disk->contents(kFile), left);
  Life next(*disk);
  EXPECT_TRUE(next.files.lock("/dir/LOCK").is_ok()) << "the lock of a dead process holds";
}

TEST(ModelledFiles, RunsOutOfSpace) {
  auto disk = four_sectors();
  Life life(*disk);
  auto file = life.open();
  disk->set_capacity(3000);
  EXPECT_EQ(file->resize(3001).code(), Code::storage_full);
  EXPECT_EQ(file->write(2999, "ab").code(), Code::storage_full);
  EXPECT_TRUE(file->write(2998, "ab").is_ok());
  EXPECT_TRUE(file->write(0, "inside").is_ok());
}

TEST(ModelledFiles, TellWhatIsFree) {
  auto disk = four_sectors();
  Life life(*disk);
  auto file = life.open();
  disk->set_capacity(3000);
  EXPECT_EQ(life.files.space("/dir")->free, 3000u - 2048u);
  EXPECT_EQ(life.files.space("/dir")->total, 3000u);
  ASSERT_TRUE(file->resize(2900).is_ok());
  EXPECT_EQ(life.files.space("/dir")->free, 100u);
  disk->set_capacity(0);
  EXPECT_EQ(life.files.space("/dir")->free, 0u);
  EXPECT_EQ(life.files.space("/dir")->total, 2900u) << "more cannot be used than there is";
  EXPECT_EQ(life.files.space("/nowhere").status().code(), Code::not_found);
}

TEST(ModelledFiles, ACopyHasTheSameFutures) {
  auto disk = four_sectors();
  Life life(*disk);
  ASSERT_TRUE(life.open()->write(0, Bytes(2048, 'b')).is_ok());
  ASSERT_TRUE(life.files.rename(kFile, "/dir/other").is_ok());
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    auto one = disk->copy();
    auto two = disk->copy();
    one->crash(seed);
    two->crash(seed);
    EXPECT_EQ(one->contents(kFile), two->contents(kFile));
    EXPECT_EQ(one->contents("/dir/other"), two->contents("/dir/other"));
  }
}

}  // namespace
}  // namespace stator::testing
