#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "test_storage.h"

namespace stator::rocks {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kKeys = 2000;

Bytes key_of(int number) { return "key" + std::to_string(10000 + number); }
Bytes value_of(int number) { return Bytes(500, static_cast<char>('a' + number % 26)); }

void corrupt(const Path& path, std::uintmax_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const auto byte = static_cast<char>(file.get());
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x40));
  ASSERT_TRUE(file.good());
}

std::map<Path, Bytes> files_of(const Path& directory) {
  std::map<Path, Bytes> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().string()] = Bytes(std::istreambuf_iterator<char>(file), {});
  }
  return files;
}

/// A closed database, and what an examination says of it.
struct Examination : ::testing::Test {
  void fill(int keys, Bytes (*value)(int) = value_of) {
    Process process(uncompressed());
    ASSERT_TRUE(process.storage->open(store).is_ok());
    for (int i = 0; i < keys; ++i) ASSERT_TRUE(process.put(key_of(i), value(i)).is_ok());
  }
  static RocksStorage::Options uncompressed() {
    RocksStorage::Options options = small();
    options.compression = "none";
    return options;
  }
  void examine() {
    const std::map<Path, Bytes> before = files_of(store);
    Process process(uncompressed());
    visited.clear();
    const Result<StorageFindings> found = process.storage->examine(store, [this](BytesView key, BytesView value) {
      EXPECT_TRUE(visited.empty() || visited.rbegin()->first < key) << "ascending, each key once";
      visited.emplace(key, value);
      return true;
    });
    ASSERT_TRUE(found.is_ok()) << found.status().text();
    findings = *found;
    EXPECT_EQ(files_of(store), before) << "an examination changes nothing";
  }

  Scratch scratch;
  const Path store = scratch.file("store");
  StorageFindings findings;
  std::map<Bytes, Bytes> visited;
};

TEST_F(Examination, FindsNoFaultInWhatIsSound) {
  fill(kKeys);
  examine();
  EXPECT_THAT(findings.faults, IsEmpty());
  EXPECT_GT(findings.counts["tables"], 0U);
  Process process(uncompressed());
  ASSERT_TRUE(process.storage->open(store).is_ok());
  EXPECT_EQ(visited, process.contents());
}

TEST_F(Examination, NamesEveryDamagedTableAndShowsWhatIsWholeElsewhere) {
  fill(kKeys);
  const std::vector<Path> tables = files_with(store, ".sst");
  ASSERT_GE(tables.size(), 2U);
  corrupt(tables.front(), 700);
  corrupt(tables.back(), 700);
  examine();
  std::set<Path> named;
  for (const StorageFault& fault : findings.faults) named.insert(fault.file);
  EXPECT_EQ(named, (std::set<Path>{tables.front(), tables.back()}));
  EXPECT_THAT(findings.faults.front().what, HasSubstr("checksum"));
  EXPECT_GT(findings.faults.front().bytes, 0U);
  EXPECT_LT(visited.size(), static_cast<std::size_t>(kKeys));
  EXPECT_GT(visited.size(), 0U);
  for (const auto& [key, value] : visited) EXPECT_EQ(value, value_of(std::stoi(key.substr(3)) - 10000));
}

TEST_F(Examination, GoesOnBehindADamagedBlock) {
  const int keys = 300;
  fill(keys);
  const std::vector<Path> tables = files_with(store, ".sst");
  ASSERT_FALSE(tables.empty());
  const Path& table = tables.front();
  const auto size = std::filesystem::file_size(table);
  ASSERT_GT(size, 10U * 4096) << "give it more to write";
  corrupt(table, size / 3);
  corrupt(table, size / 2);
  examine();
  ASSERT_FALSE(findings.faults.empty());
  EXPECT_EQ(findings.faults.front().file, table);
  // A block has 4 KiB, and a value 500 octets.
  EXPECT_LT(visited.size(), static_cast<std::size_t>(keys));
  EXPECT_GE(visited.size(), static_cast<std::size_t>(keys - 2 * 10));
  for (const auto& [key, value] : visited) EXPECT_EQ(value, value_of(std::stoi(key.substr(3)) - 10000));
}

TEST_F(Examination, ShowsNothingOlderInThePlaceOfADamagedBlock) {
  const int keys = 300;
  fill(keys, [](int) { return Bytes(500, '!'); });
  const std::vector<Path> old = files_with(store, ".sst");
  fill(keys);
  std::size_t hidden = 0;
  for (const Path& table : files_with(store, ".sst")) {
    const auto size = std::filesystem::file_size(table);
    if (std::find(old.begin(), old.end(), table) == old.end() && size > 16'384) corrupt(table, size / 2), ++hidden;
  }
  ASSERT_GT(hidden, 0U);
  examine();
  EXPECT_LT(visited.size(), static_cast<std::size_t>(keys));
  EXPECT_GE(visited.size(), keys - hidden * 10);
  for (const auto& [key, value] : visited) EXPECT_EQ(value, value_of(std::stoi(key.substr(3)) - 10000)) << key;
}

TEST_F(Examination, GoesOnBehindADamagedRecordOfTheLog) {
  // RocksDB gives up the rest of the block of 32 KiB in which a record is damaged.
  const int keys = 100;
  fill(keys);
  const std::vector<Path> logs = files_with(store, ".log");
  ASSERT_EQ(logs.size(), 1U);
  corrupt(logs[0], std::filesystem::file_size(logs[0]) / 4);
  examine();
  ASSERT_FALSE(findings.faults.empty());
  EXPECT_TRUE(visited.contains(key_of(0)));
  EXPECT_TRUE(visited.contains(key_of(keys - 1)));
  EXPECT_LT(visited.size(), static_cast<std::size_t>(keys));
}

TEST_F(Examination, WithoutCurrentThereIsNothingToRead) {
  fill(kKeys);
  std::filesystem::remove(store + "/CURRENT");
  examine();
  ASSERT_FALSE(findings.faults.empty());
  EXPECT_EQ(findings.faults.front().file, store + "/CURRENT");
  EXPECT_THAT(visited, IsEmpty());
}

TEST_F(Examination, IsRefusedWhileAProcessHasTheDirectory) {
  fill(3);
  Process process(uncompressed());
  ASSERT_TRUE(process.storage->open(store).is_ok());
  Process other(uncompressed());
  const auto found = other.storage->examine(store, [](BytesView, BytesView) { return true; });
  EXPECT_EQ(found.status().code(), Code::unavailable);
}

}  // namespace
}  // namespace stator::rocks
