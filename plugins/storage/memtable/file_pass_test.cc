#include "file_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_storage.h"

namespace stator::memtable {
namespace {

using ::testing::HasSubstr;

/// An open storage whose files are read again.
struct Scrubbed : ::testing::Test {
  void fill(int writes) {
    for (int i = 0; i < writes; ++i) put(i);
  }
  void put(int i) {
    const Bytes key = "key" + std::to_string(i % 40);
    const Bytes value(100, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(process->put(key, value).is_ok());
    contents[key] = value;
    process->host.run_all();
  }
  /// The rest of the pass. How much damage it met.
  std::uint64_t pass() {
    std::uint64_t damage = 0;
    for (int piece = 0; piece < 100; ++piece) {
      const Result<Scrubbing::Piece> read = process->storage->scrub_piece();
      if (!read.is_ok()) {
        ADD_FAILURE() << read.status().text();
        return damage;
      }
      damage += read->damage;
      if (read->last) return damage;
    }
    ADD_FAILURE() << "a pass does not end";
    return damage;
  }
  void expect_reopens() {
    process.reset();
    disk.kill();
    process.emplace(disk);
    ASSERT_TRUE(process->open().is_ok());
    EXPECT_EQ(process->contents(), contents);
  }
  void begin(int writes) {
    process.emplace(disk);
    ASSERT_TRUE(process->open().is_ok());
    fill(writes);
  }

  testing::ModelledDisk disk;
  std::optional<Process> process;
  std::map<Bytes, Bytes> contents;
};

TEST_F(Scrubbed, IsSoundHoweverMuchIsWrittenMeanwhile) {
  begin(0);
  for (const int writes : {1, 3, 10, 30, 100}) {  // from one piece to the next
    std::uint64_t passes = 0;
    for (int i = 0; i < 200 * writes && passes < 20; ++i) {
      put(i);
      if (i % writes != 0) continue;
      const Result<Scrubbing::Piece> read = process->storage->scrub_piece();
      ASSERT_TRUE(read.is_ok()) << read.status().text();
      ASSERT_EQ(read->damage, 0U) << i << " of " << writes;
      passes += read->last ? 1 : 0;
    }
    EXPECT_EQ(passes, writes <= 3 ? 20U : passes);
  }
  expect_reopens();
}

// Also after a start, on a log that recovery has mended.
TEST_F(Scrubbed, IsSoundAfterAStart) {
  begin(75);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    disk.cut_power_at(1 + seed % 3);
    const Bytes key = "torn";
    (void)process->put(key, "v");
    process.reset();
    disk.crash(seed);
    process.emplace(disk);
    ASSERT_TRUE(process->open().is_ok());
    EXPECT_EQ(pass(), 0U) << seed;
    put(static_cast<int>(seed));
    EXPECT_EQ(pass(), 0U) << seed;
  }
}

TEST_F(Scrubbed, OutlivesDamageToAnyByteThatAPassHasRead) {
  begin(75);
  std::size_t files = 0;
  std::size_t met = 0;
  for (const std::string& name : process->names("")) {
    if (name == "LOCK") continue;
    ++files;
    const std::size_t size = disk.contents(kPath + "/" + name).size();
    for (std::size_t offset = 0; offset<size; offset += size> 1000 ? 53 : 1) {
      const std::unique_ptr<testing::ModelledDisk> kept = disk.copy();
      Process other(*kept);
      ASSERT_TRUE(other.open().is_ok());
      if (kept->contents(kPath + "/" + name).size() <= offset) break;  // recovery needed it no more
      kept->corrupt(kPath + "/" + name, offset, '\x10');
      for (bool last = false; !last;) {
        const Result<Scrubbing::Piece> read = other.storage->scrub_piece();
        ASSERT_TRUE(read.is_ok()) << name << " " << offset << " " << read.status().text();
        other.host.run_all();
        met += read->damage;
        last = read->last;
      }
      other.storage.reset();
      kept->kill();
      Process next(*kept);
      ASSERT_TRUE(next.open().is_ok()) << name << " " << offset;
      ASSERT_EQ(next.contents(), contents) << name << " " << offset;
    }
  }
  EXPECT_GE(files, 4U);
  EXPECT_GT(met, 100U);
}

TEST_F(Scrubbed, OutlivesTheLossOfAnyFile) {
  begin(75);
  for (const std::string& name : process->names("")) {
    if (name == "LOCK") continue;
    disk.lose(kPath + "/" + name);
    pass();
    expect_reopens();
    fill(75);
  }
}

TEST_F(Scrubbed, SaysWhatItHasMetAndMendsItOnce) {
  begin(75);
  const Path snapshot = kPath + "/" + process->names(".snapshot").back();
  disk.corrupt(snapshot, 200, '\x01');
  EXPECT_EQ(pass(), 1U);
  EXPECT_THAT(process->host.logged(LogLevel::error),
              ::testing::ElementsAre(HasSubstr(snapshot + " is damaged at offset 32: ")));
  EXPECT_EQ(disk.contents(snapshot), "");
  EXPECT_EQ(pass(), 0U);
}

TEST_F(Scrubbed, KeepsWhatIsDamagedWhileNothingCanBeWritten) {
  begin(75);
  disk.corrupt(kPath + "/" + process->names(".snapshot").back(), 200, '\x01');
  disk.set_capacity(0);
  Result<Scrubbing::Piece> read = process->storage->scrub_piece();
  while (read.is_ok() && !read->last) read = process->storage->scrub_piece();
  EXPECT_EQ(read.status().code(), Code::storage_full);
  disk.set_capacity(UINT64_MAX);
  EXPECT_EQ(pass(), 1U);
  expect_reopens();
}

}  // namespace
}  // namespace stator::memtable
