#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>

#include "kernel/files/posix_files.h"
#include "stator/testing/modelled_files.h"

// What Files promises, tried on the real file system and on the modelled one.

namespace stator {
namespace {

/// A file system and an empty place in it.
struct Place {
  std::unique_ptr<testing::ModelledDisk> disk;
  std::unique_ptr<Files> files;
  Path root;
};

Place posix_place() {
  char pattern[] = "/tmp/stator_files_XXXXXX";
  return {nullptr, std::make_unique<PosixFiles>(), ::mkdtemp(pattern)};
}

Place modelled_place() {
  auto disk = std::make_unique<testing::ModelledDisk>();
  auto files = std::make_unique<testing::ModelledFiles>(*disk);
  return {std::move(disk), std::move(files), "/root"};
}

struct FilesLaws : ::testing::TestWithParam<std::function<Place()>> {
  FilesLaws() : place(GetParam()()), files(*place.files) { EXPECT_TRUE(files.create_directory(place.root).is_ok()); }
  ~FilesLaws() override {
    if (place.disk == nullptr) std::filesystem::remove_all(place.root);
  }
  Path path(const std::string& name) const { return place.root + "/" + name; }
  std::unique_ptr<File> create(const std::string& name) {
    return std::move(files.open(path(name), OpenMode::create).value());
  }

  Place place;
  Files& files;
};

TEST_P(FilesLaws, ReadsWhatWasWrittenAndZerosBetween) {
  auto file = create("f");
  ASSERT_TRUE(file->write(3, "abc").is_ok());
  ASSERT_TRUE(file->write(1000, "z").is_ok());
  ASSERT_TRUE(file->write(4, "B").is_ok());
  EXPECT_EQ(file->size().value(), 1001U);
  EXPECT_EQ(file->read(0, 8).value(), Bytes("\0\0\0aBc\0\0", 8));
  EXPECT_EQ(file->read(999, 100).value(), Bytes("\0z", 2));
  EXPECT_EQ(file->read(1001, 1).value(), "");
  EXPECT_EQ(file->read(5000, 1).value(), "");
  EXPECT_TRUE(file->sync().is_ok());
}

TEST_P(FilesLaws, ResizesWithZeros) {
  auto file = create("f");
  ASSERT_TRUE(file->write(0, "abcdef").is_ok());
  ASSERT_TRUE(file->resize(3).is_ok());
  ASSERT_TRUE(file->resize(3000000).is_ok());
  EXPECT_EQ(file->size().value(), 3000000U);
  EXPECT_EQ(file->read(0, 3000000).value(), "abc" + Bytes(3000000 - 3, '\0'));
}

TEST_P(FilesLaws, OpensByMode) {
  EXPECT_EQ(files.open(path("f"), OpenMode::read).status().code(), Code::not_found);
  EXPECT_EQ(files.open(path("f"), OpenMode::write).status().code(), Code::not_found);
  EXPECT_EQ(files.open(path("no/f"), OpenMode::create).status().code(), Code::not_found);
  ASSERT_TRUE(create("f")->write(0, "abc").is_ok());
  EXPECT_EQ(files.open(path("f"), OpenMode::write).value()->size().value(), 3U);
  EXPECT_EQ(files.open(path("f"), OpenMode::read).value()->read(0, 9).value(), "abc");
  EXPECT_EQ(create("f")->size().value(), 0U);
}

TEST_P(FilesLaws, RenamesOverAndRemoves) {
  ASSERT_TRUE(create("from")->write(0, "new").is_ok());
  ASSERT_TRUE(create("to")->write(0, "old").is_ok());
  EXPECT_TRUE(files.rename(path("from"), path("to")).is_ok());
  EXPECT_EQ(files.open(path("to"), OpenMode::read).value()->read(0, 9).value(), "new");
  EXPECT_EQ(files.rename(path("from"), path("to")).code(), Code::not_found);
  EXPECT_TRUE(files.remove(path("to")).is_ok());
  EXPECT_EQ(files.remove(path("to")).code(), Code::not_found);
  EXPECT_TRUE(files.list(place.root).value().empty());
}

TEST_P(FilesLaws, ListsNamesAscending) {
  for (const char* name : {"b", "a", "c.tmp"}) create(name);
  ASSERT_TRUE(files.create_directory(path("bb/deep")).is_ok());
  ASSERT_TRUE(files.create_directory(path("bb/deep")).is_ok());
  EXPECT_EQ(files.list(place.root).value(), (std::vector<std::string>{"a", "b", "bb", "c.tmp"}));
  EXPECT_EQ(files.list(path("bb")).value(), std::vector<std::string>{"deep"});
  EXPECT_EQ(files.list(path("none")).status().code(), Code::not_found);
  EXPECT_TRUE(files.sync_directory(path("bb")).is_ok());
  EXPECT_FALSE(files.sync_directory(path("none")).is_ok());
}

TEST_P(FilesLaws, LocksAgainstASecondHolder) {
  auto first = files.lock(path("LOCK"));
  ASSERT_TRUE(first.is_ok());
  auto second = files.lock(path("LOCK"));
  EXPECT_EQ(second.status().code(), Code::unavailable);
  EXPECT_NE(second.status().message().find(path("LOCK")), std::string::npos);
  first->reset();
  EXPECT_TRUE(files.lock(path("LOCK")).is_ok());
}

INSTANTIATE_TEST_SUITE_P(Posix, FilesLaws, ::testing::Values(posix_place));
INSTANTIATE_TEST_SUITE_P(Modelled, FilesLaws, ::testing::Values(modelled_place));

TEST(PosixFiles, NamesPathAndReason) {
  PosixFiles files;
  const Status refused = files.open("/proc/version/no", OpenMode::create).status();
  EXPECT_EQ(refused.code(), Code::internal);
  EXPECT_EQ(refused.message(), "/proc/version/no: cannot open: Not a directory");
}

TEST(PosixFiles, AFullDeviceIsStorageFull) {
  PosixFiles files;
  auto full = files.open("/dev/full", OpenMode::write);
  ASSERT_TRUE(full.is_ok());
  EXPECT_EQ((*full)->write(0, "x").code(), Code::storage_full);
}

TEST(PosixFiles, TellWhatIsFree) {
  PosixFiles files;
  const Result<DiskSpace> space = files.space("/tmp");
  ASSERT_TRUE(space.is_ok()) << space.status().text();
  EXPECT_GT(space->total, 0u);
  EXPECT_LE(space->free, space->total);
  EXPECT_EQ(files.space("/nowhere/at/all").status().code(), Code::not_found);
  EXPECT_EQ(files.space("/proc").status().code(), Code::unimplemented) << "which has no blocks";
}

}  // namespace
}  // namespace stator
