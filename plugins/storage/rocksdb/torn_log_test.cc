#include "torn_log.h"

#include <gmock/gmock.h>

#include <fstream>
#include <vector>

#include "test_storage.h"

// What the power's loss leaves at the end of a log is told from damage.

namespace stator::rocks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kKeys = 20;
constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kLogBlock = 32768;

/// A database that died with records in its log, each of one key, and the last one of `last_bytes`.
class TornLog : public ::testing::Test {
 protected:
  void die(std::size_t last_bytes) { fill(last_bytes, true); }
  void fill(std::size_t last_bytes, bool killed) {
    Process process(large());
    ASSERT_TRUE(process.storage->open(directory).is_ok());
    log = files_with(directory, ".log").at(0);
    for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(process.put("key" + std::to_string(i), Bytes(700, 'v')).is_ok());
    before_last = std::filesystem::file_size(log);
    ASSERT_TRUE(process.put("last", Bytes(last_bytes, 'l')).is_ok());
    end = std::filesystem::file_size(log);
    if (killed) process.kill(directory);
  }
  static RocksStorage::Options large() {
    RocksStorage::Options options = small();
    options.write_buffer_bytes = 8 << 20;
    return options;
  }
  void write(std::uint64_t at, const Bytes& bytes) {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at)).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(file.good());
  }
  void zero(std::uint64_t from, std::uint64_t to) { write(from, Bytes(to - from, '\0')); }
  static std::uint64_t next_sector(std::uint64_t at) { return at / kSector * kSector + kSector; }

  void expect_only_the_last_is_gone() {
    {
      Process process(large());
      const Status opened = process.storage->open(directory);
      ASSERT_TRUE(opened.is_ok()) << opened.text();
      EXPECT_EQ(process.contents().size(), kKeys);
      EXPECT_THAT(process.host.logged(LogLevel::warning), ElementsAre(HasSubstr("never acknowledged")));
      ASSERT_TRUE(process.put("afterwards", "v").is_ok());
    }
    Process again(large());
    ASSERT_TRUE(again.storage->open(directory).is_ok());
    EXPECT_EQ(again.contents().size(), kKeys + 1);
    EXPECT_THAT(again.host.logged(LogLevel::warning), IsEmpty());
  }
  void expect_refused() {
    const auto size = std::filesystem::file_size(log);
    Process process(large());
    EXPECT_EQ(process.storage->open(directory).code(), Code::data_loss);
    EXPECT_EQ(std::filesystem::file_size(log), size) << "what was acknowledged has been cut";
  }

  Scratch scratch;
  const Path directory = scratch.file("store");
  Path log;
  std::uint64_t before_last = 0;
  std::uint64_t end = 0;
};

TEST_F(TornLog, WithoutItsLastSectorsIsCut) {
  die(5000);
  zero(next_sector(before_last), end);
  expect_only_the_last_is_gone();
}

TEST_F(TornLog, WithoutOneSectorIsCut) {
  die(5000);
  const std::uint64_t hole = next_sector(before_last + 1000);
  zero(hole, hole + kSector);
  expect_only_the_last_is_gone();
}

TEST_F(TornLog, WithoutItsBeginningIsCut) {
  die(5000);
  zero(before_last, next_sector(before_last));
  expect_only_the_last_is_gone();
}

TEST_F(TornLog, WithoutTheFirstOfItsFragmentsIsCut) {
  die(3 * kLogBlock);
  zero(before_last, kLogBlock);
  expect_only_the_last_is_gone();
}

TEST_F(TornLog, WithoutAFragmentInTheMiddleIsCut) {
  die(3 * kLogBlock);
  zero(kLogBlock + kSector, kLogBlock + 2 * kSector);
  expect_only_the_last_is_gone();
}

TEST_F(TornLog, WholeIsLeftAlone) {
  die(3 * kLogBlock);
  Process process(large());
  ASSERT_TRUE(process.storage->open(directory).is_ok());
  EXPECT_EQ(process.contents().size(), kKeys + 1);
  EXPECT_THAT(process.host.logged(LogLevel::warning), IsEmpty());
}

TEST_F(TornLog, WhoseLastRecordHasChangedIsRefused) {
  die(5000);
  write(before_last + 2000, "x");
  expect_refused();
}

TEST_F(TornLog, WithAHoleInAnEarlierRecordIsRefused) {
  die(5000);
  const std::uint64_t hole = next_sector(before_last - 1400);
  zero(hole, hole + kSector);
  ASSERT_LT(hole, before_last);
  expect_refused();
}

TEST_F(TornLog, WithAHoleInAnEarlierRecordOfManyFragmentsIsRefused) {
  die(3 * kLogBlock);
  {
    Process process(large());
    ASSERT_TRUE(process.storage->open(directory).is_ok());
    log = files_with(directory, ".log").at(0);
    ASSERT_TRUE(process.put("many", Bytes(3 * kLogBlock, 'm')).is_ok());
    ASSERT_TRUE(process.put("one", Bytes(3000, 'm')).is_ok());
    process.kill(directory);
  }
  zero(kLogBlock + kSector, kLogBlock + 2 * kSector);
  expect_refused();
}

// All of it was on the disk when it was closed.
TEST_F(TornLog, WithoutItsLastSectorsIsRefusedOfOneThatWasClosed) {
  fill(5000, false);
  zero(next_sector(before_last), end);
  expect_refused();
}

TEST_F(TornLog, OfAnotherProcessIsNotTouched) {
  Process process(large());
  ASSERT_TRUE(process.storage->open(directory).is_ok());
  ASSERT_TRUE(process.put("key", Bytes(5000, 'v')).is_ok());
  log = files_with(directory, ".log").at(0);
  zero(1024, 2048);
  const auto size = std::filesystem::file_size(log);
  Process other(large());
  EXPECT_EQ(other.storage->open(directory).code(), Code::unavailable);
  EXPECT_EQ(std::filesystem::file_size(log), size);
}

// --- The manifest ---

/// A database that died when a flush had written its record of the manifest, and not synced it: the log and the tables
/// that were before are still there.
class TornManifest : public TornLog {
 protected:
  static Bytes long_key(int number) { return Bytes(900, 'k') + std::to_string(100 + number); }
  /// Where its records of flushes begin: long ones, as keys stand in them. The file ends with the last of these.
  std::vector<std::uint64_t> die_flushing() {
    Process process(large());
    EXPECT_TRUE(process.storage->open(directory).is_ok());
    for (int flush = 0; flush < 2; ++flush) {
      for (int i = 0; i < kKeys / 2; ++i) EXPECT_TRUE(process.put(long_key(flush * kKeys / 2 + i), "v").is_ok());
      std::filesystem::remove_all(died);
      std::filesystem::copy(directory, died, std::filesystem::copy_options::recursive);
      EXPECT_TRUE(process.storage->checkpoint(scratch.file("copy" + std::to_string(flush))).is_ok());
    }
    log = manifest_in(died);
    std::filesystem::copy_file(manifest_in(directory), log, std::filesystem::copy_options::overwrite_existing);
    std::vector<std::uint64_t> flushes;
    std::uint64_t ends = 0;
    const Bytes manifest = contents_of(log);
    for (std::uint64_t at = 0; at + 7 < manifest.size();) {
      const std::uint64_t next = at + 7 + static_cast<unsigned char>(manifest[at + 4]) +
                                 (std::uint64_t{static_cast<unsigned char>(manifest[at + 5])} << 8);
      if (next - at > 3 * kSector) {
        flushes.push_back(at);
        ends = next;
      }
      at = next;
    }
    std::filesystem::resize_file(log, ends);
    return flushes;
  }
  void make_hole(std::uint64_t record) { zero(next_sector(record), next_sector(record) + kSector); }

  const Path died = scratch.file("died");
};

TEST_F(TornManifest, WithAHoleInItsLastRecordIsCut) {
  const std::vector<std::uint64_t> flushes = die_flushing();
  ASSERT_EQ(flushes.size(), 2U);
  make_hole(flushes.back());
  for (const bool first : {true, false}) {
    Process process(large());
    const Status opened = process.storage->open(died);
    ASSERT_TRUE(opened.is_ok()) << opened.text();
    EXPECT_EQ(process.contents().size(), kKeys);
    const auto warned = process.host.logged(LogLevel::warning);
    EXPECT_THAT(warned, first ? ::testing::Matcher<decltype(warned)>(ElementsAre(HasSubstr(log)))
                              : ::testing::Matcher<decltype(warned)>(IsEmpty()));
  }
}

TEST_F(TornManifest, WithAHoleInAnEarlierRecordIsRefusedByName) {
  make_hole(die_flushing().front());
  const auto size = std::filesystem::file_size(log);
  Process process(large());
  const Status opened = process.storage->open(died);
  EXPECT_EQ(opened.code(), Code::data_loss) << opened.text();
  EXPECT_THAT(opened.message(), HasSubstr(log));
  EXPECT_THAT(opened.message(), HasSubstr("stator storage quarantine"));
  EXPECT_EQ(std::filesystem::file_size(log), size);
}

}  // namespace
}  // namespace stator::rocks
