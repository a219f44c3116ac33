#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <utility>

#include "test_storage.h"

// Bytes that went bad are refused, and named, not skipped.

namespace stator::rocks {
namespace {

using ::testing::HasSubstr;

constexpr int kKeys = 2000;
constexpr int kBatch = 50;

Bytes key_of(int number) { return "key" + std::to_string(10000 + number); }
Bytes value_of(int number) { return Bytes(500, static_cast<char>('a' + number % 26)); }

/// Changes one byte of the file in place.
void corrupt(const Path& path, std::uintmax_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const auto byte = static_cast<char>(file.get());
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x40));
  ASSERT_TRUE(file.good());
}

RocksStorage::Options uncompressed() {
  RocksStorage::Options options = small();
  options.compression = "none";
  return options;
}

/// A database whose contents are in tables, and closed.
void make_tables(const Path& directory) {
  Process process(uncompressed());
  ASSERT_TRUE(process.storage->open(directory).is_ok());
  for (int i = 0; i < kKeys; i += kBatch) {
    std::vector<std::pair<Bytes, Bytes>> entries;
    for (int k = i; k < i + kBatch; ++k) entries.emplace_back(key_of(k), value_of(k));
    std::vector<Mutation> batch;
    batch.reserve(entries.size());
    for (const auto& [key, value] : entries) batch.push_back({.key = key, .value = value});
    ASSERT_TRUE(process.storage->write(batch).is_ok());
  }
  // A checkpoint flushes.
  ASSERT_TRUE(process.storage->checkpoint(directory + "-copy").is_ok());
}

TEST(RocksDamage, OfATableIsToldToWhoReadsIt) {
  Scratch scratch;
  make_tables(scratch.file("store"));
  const Path copy = scratch.file("store-copy");
  for (const Path& table : files_with(copy, ".sst")) corrupt(table, 300);
  Process process(uncompressed());
  ASSERT_TRUE(process.storage->open(copy).is_ok());
  Status met;
  for (int i = 0; i < kKeys; ++i) {
    const Result<std::optional<Bytes>> found = process.storage->get(key_of(i));
    if (found.is_ok()) {
      EXPECT_EQ(*found, value_of(i)) << "damaged bytes were returned";
    } else {
      met = found.status();
    }
  }
  EXPECT_EQ(met.code(), Code::data_loss) << met.text();
  EXPECT_THAT(met.message(), HasSubstr(".sst"));
  EXPECT_THAT(met.message(), HasSubstr("offset"));
  const Status scanned = process.storage->scan({}, {}, [](BytesView, BytesView) { return true; });
  EXPECT_EQ(scanned.code(), Code::data_loss) << scanned.text();
}

TEST(RocksDamage, InTheMiddleOfTheLogIsRefused) {
  Scratch scratch;
  {
    Process process;
    ASSERT_TRUE(process.storage->open(scratch.file("store")).is_ok());
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(process.put(key_of(i), "a value").is_ok());
    process.kill(scratch.file("store"));
  }
  const std::vector<Path> logs = files_with(scratch.file("store"), ".log");
  ASSERT_EQ(logs.size(), 1U);
  corrupt(logs[0], std::filesystem::file_size(logs[0]) / 2);
  Process again;
  const Status opened = again.storage->open(scratch.file("store"));
  EXPECT_EQ(opened.code(), Code::data_loss) << opened.text();
  EXPECT_THAT(opened.message(), HasSubstr(scratch.file("store")));
}

TEST(RocksDamage, ATornEndOfTheLogIsCut) {
  Scratch scratch;
  {
    Process process;
    ASSERT_TRUE(process.storage->open(scratch.file("store")).is_ok());
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(process.put(key_of(i), "a value").is_ok());
    process.kill(scratch.file("store"));
  }
  const std::vector<Path> logs = files_with(scratch.file("store"), ".log");
  ASSERT_EQ(logs.size(), 1U);
  std::filesystem::resize_file(logs[0], std::filesystem::file_size(logs[0]) - 3);
  Process again;
  ASSERT_TRUE(again.storage->open(scratch.file("store")).is_ok());
  EXPECT_EQ(again.contents().size(), 49U);
}

TEST(RocksDamage, OfTheManifestIsRefused) {
  Scratch scratch;
  make_tables(scratch.file("store"));
  const Path copy = scratch.file("store-copy");
  for (const auto& entry : std::filesystem::directory_iterator(copy)) {
    if (entry.path().filename().string().starts_with("MANIFEST-")) corrupt(entry.path().string(), 20);
  }
  Process process(uncompressed());
  const Status opened = process.storage->open(copy);
  EXPECT_EQ(opened.code(), Code::data_loss) << opened.text();
}

TEST(RocksDamage, AMissingTableIsRefused) {
  Scratch scratch;
  make_tables(scratch.file("store"));
  const Path copy = scratch.file("store-copy");
  const std::vector<Path> tables = files_with(copy, ".sst");
  ASSERT_FALSE(tables.empty());
  const std::string number = std::filesystem::path(tables[0]).stem().string();
  std::filesystem::remove(tables[0]);
  Process process(uncompressed());
  const Status opened = process.storage->open(copy);
  EXPECT_EQ(opened.code(), Code::data_loss) << opened.text();
  EXPECT_THAT(opened.message(), HasSubstr(number));
}

// RocksDB by itself would make a new, empty database here.
TEST(RocksDamage, AMissingCurrentIsRefused) {
  Scratch scratch;
  make_tables(scratch.file("store"));
  std::filesystem::remove(scratch.file("store-copy/CURRENT"));
  Process process(uncompressed());
  const Status opened = process.storage->open(scratch.file("store-copy"));
  EXPECT_EQ(opened.code(), Code::data_loss) << opened.text();
  EXPECT_THAT(opened.message(), HasSubstr("CURRENT"));
}

}  // namespace
}  // namespace stator::rocks
