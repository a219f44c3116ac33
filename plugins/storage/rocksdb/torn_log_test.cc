#include "torn_log.h"

#include <gmock/gmock.h>

#include <fstream>

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
  void die(std::size_t last_bytes) {
    Process process(large());
    ASSERT_TRUE(process.storage->open(directory).is_ok());
    log = files_with(directory, ".log").at(0);
    for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(process.put("key" + std::to_string(i), Bytes(700, 'v')).is_ok());
    before_last = std::filesystem::file_size(log);
    ASSERT_TRUE(process.put("last", Bytes(last_bytes, 'l')).is_ok());
    end = std::filesystem::file_size(log);
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
  }
  zero(kLogBlock + kSector, kLogBlock + 2 * kSector);
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

}  // namespace
}  // namespace stator::rocks
