#include "stator/mending.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "test_storage.h"

// What cannot be read is given up, and nothing else is.

namespace stator::rocks {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kKeys = 1000;

Bytes key_of(int number) { return "key" + std::to_string(10000 + number); }
Bytes value_of(int number) { return Bytes(200, static_cast<char>('a' + number % 26)) + std::to_string(number); }

struct Mended : ::testing::Test {
  RocksStorage::Options options() const {
    RocksStorage::Options options;  // with a buffer that nothing here fills: tables are made when a test says so
    options.compression = compression;
    options.block_cache_bytes = 1 << 20;
    return options;
  }
  void open() {
    process.reset();
    process = std::make_unique<Process>(options());
    ASSERT_TRUE(process->storage->open(store).is_ok());
  }
  void write(int first, int last, const std::string& more = {}) {
    std::vector<std::pair<Bytes, Bytes>> entries;
    for (int i = first; i < last; ++i) entries.emplace_back(key_of(i), value_of(i) + more);
    std::vector<Mutation> batch;
    for (const auto& [key, value] : entries) batch.push_back({.key = key, .value = value});
    ASSERT_TRUE(process->storage->write(batch).is_ok());
  }
  void remove(const Bytes& key) const {
    const Mutation mutation{.key = key, .value = {}, .remove = true};
    ASSERT_TRUE(process->storage->write({&mutation, 1}).is_ok());
  }
  /// What was written goes to a table of its own. A checkpoint flushes.
  void flush() {
    const Path copy = store + "-copy";
    ASSERT_TRUE(process->storage->checkpoint(copy).is_ok());
    std::filesystem::remove_all(copy);
  }
  /// Changes a byte of each of these places in the newest table, and opens the storage anew.
  void damage(const std::vector<std::uintmax_t>& places) {
    process.reset();
    spoil(places);
    open();
  }
  /// The same under a storage that is open.
  void spoil(const std::vector<std::uintmax_t>& places) const {
    std::fstream file(files_with(store, ".sst").back(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t place : places) {
      file.seekg(static_cast<std::streamoff>(place));
      const auto byte = static_cast<char>(file.get());
      file.seekp(static_cast<std::streamoff>(place));
      file.put(static_cast<char>(byte ^ 0x40));
    }
    ASSERT_TRUE(file.good());
  }
  std::vector<KeyRange> survey() const {
    const Result<std::vector<KeyRange>> found = process->storage->survey();
    EXPECT_TRUE(found.is_ok()) << found.status().text();
    return found.is_ok() ? *found : std::vector<KeyRange>();
  }
  /// The numbers of the keys that cannot be read.
  std::set<int> unreadable() const {
    std::set<int> numbers;
    for (int i = 0; i < kKeys; ++i) {
      if (process->storage->get(key_of(i)).status().code() == Code::data_loss) numbers.insert(i);
    }
    return numbers;
  }
  /// All but those keys are there, with these values.
  void expect_all_but(const std::set<int>& lost, const std::string& more = {}) const {
    const std::map<Bytes, Bytes> contents = process->contents();
    for (int i = 0; i < kKeys; ++i) {
      const auto found = contents.find(key_of(i));
      if (lost.contains(i)) {
        EXPECT_EQ(found, contents.end()) << i;
        EXPECT_EQ(process->storage->get(key_of(i)).value(), std::nullopt) << i;
      } else {
        ASSERT_NE(found, contents.end()) << i;
        EXPECT_EQ(found->second, value_of(i) + more) << i;
      }
    }
  }
  std::size_t faults() {
    process.reset();
    Process examining(options());
    const auto found = examining.storage->examine(store, [](BytesView, BytesView) { return true; });
    EXPECT_TRUE(found.is_ok());
    return found->faults.size();
  }
  /// RocksDB works on threads of its own.
  static void await(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    ASSERT_TRUE(condition());
  }
  static Bytes read(const Path& path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
  }

  std::string compression = "none";
  Scratch scratch;
  const Path store = scratch.file("store");
  std::unique_ptr<Process> process;
};

bool covers(const std::vector<KeyRange>& ranges, const Bytes& key) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const KeyRange& range) { return range.first <= key && key < range.last; });
}

TEST_F(Mended, KnowsOfNoDamageBeforeItIsMet) {
  open();
  write(0, kKeys);
  flush();
  damage({20'000});
  EXPECT_FALSE(process->storage->met_damage());
  EXPECT_FALSE(unreadable().empty());
  EXPECT_TRUE(process->storage->met_damage());
}

TEST_F(Mended, GivesUpTheKeysOfTheDamagedBlocksAlone) {
  open();
  write(0, kKeys);
  flush();
  damage({20'000, 90'000, 150'000});
  const std::set<int> lost = unreadable();
  ASSERT_THAT(lost, SizeIs(::testing::Ge(30U)));
  const std::vector<KeyRange> ranges = survey();
  EXPECT_THAT(ranges, SizeIs(3));
  for (int i = 0; i < kKeys; ++i) EXPECT_EQ(covers(ranges, key_of(i)), lost.contains(i)) << i;
  EXPECT_EQ(unreadable(), lost) << "a survey changes nothing";
  ASSERT_TRUE(process->storage->give_up().is_ok());
  EXPECT_FALSE(process->storage->met_damage());
  expect_all_but(lost);
  EXPECT_EQ(faults(), 0U);
  open();
  expect_all_but(lost);
}

TEST_F(Mended, ShowsNothingOlderInPlaceOfWhatIsGivenUp) {
  open();
  write(0, kKeys, " once");
  flush();
  write(0, kKeys);
  flush();
  damage({20'000});
  const std::set<int> lost = unreadable();
  ASSERT_FALSE(lost.empty());
  EXPECT_FALSE(survey().empty());
  ASSERT_TRUE(process->storage->give_up().is_ok());
  expect_all_but(lost);
  open();
  expect_all_but(lost);
}

TEST_F(Mended, KeepsWhatWasWrittenSince) {
  open();
  write(0, kKeys);
  flush();
  damage({20'000});
  ASSERT_FALSE(unreadable().empty());
  const std::set<int> all = unreadable();
  write(0, kKeys, " anew");
  EXPECT_FALSE(survey().empty());
  ASSERT_TRUE(process->storage->give_up().is_ok());
  expect_all_but({}, " anew");
}

TEST_F(Mended, KeepsWhatTheCacheStillHas) {
  open();
  write(0, kKeys);
  flush();
  open();
  const std::set<int> cached{100, 101, 102, 103};
  for (int i : cached) ASSERT_TRUE(process->storage->get(key_of(i)).is_ok());
  const auto place_of_key = [&](int i) { return read(files_with(store, ".sst").back()).find(value_of(i)); };
  spoil({place_of_key(100), place_of_key(700)});
  std::set<int> lost = unreadable();
  EXPECT_TRUE(lost.contains(700));
  EXPECT_FALSE(lost.contains(100));
  EXPECT_TRUE(covers(survey(), key_of(100)));
  ASSERT_TRUE(process->storage->give_up().is_ok());
  open();
  expect_all_but(lost);
}

TEST_F(Mended, LetsCompactionsPass) {
  open();
  for (const char* more : {" once", " twice", ""}) {
    write(0, kKeys, more);
    flush();
  }
  damage({20'000});
  write(0, 1);
  flush();
  // Four tables are compacted into one; that does not get past the damage, and says so.
  await([this] { return process->storage->met_damage(); });
  write(0, 1);
  const std::set<int> lost = unreadable();
  ASSERT_FALSE(lost.empty());
  EXPECT_FALSE(survey().empty());
  ASSERT_TRUE(process->storage->give_up().is_ok());
  await([this] { return files_with(store, ".sst").size() == 1; });
  expect_all_but(lost);
}

// Nobody has met what is damaged in the other table when what the first has lost is given up.
TEST_F(Mended, TablesThatOverlapAreMendedTogether) {
  open();
  write(0, kKeys);
  flush();
  write(0, kKeys, " again");
  flush();
  process.reset();
  for (const std::string& table : files_with(store, ".sst")) {
    std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(40'000);
    const auto byte = static_cast<char>(file.get());
    file.seekp(40'000);
    file.put(static_cast<char>(byte ^ 0x40));
  }
  open();
  const std::set<int> lost = unreadable();
  ASSERT_FALSE(lost.empty());
  EXPECT_THAT(survey(), SizeIs(1));
  EXPECT_EQ(process->storage->give_up().code(), Code::unavailable);
  EXPECT_FALSE(survey().empty());
  EXPECT_TRUE(process->storage->give_up().is_ok());
  EXPECT_FALSE(process->storage->met_damage());
  expect_all_but(lost, " again");
  EXPECT_EQ(faults(), 0U);
}

TEST_F(Mended, ACheckpointStaysAsItIs) {
  open();
  write(0, kKeys);
  flush();
  damage({20'000});
  ASSERT_FALSE(unreadable().empty());
  ASSERT_TRUE(process->storage->checkpoint(store + "-copy").is_ok());
  EXPECT_FALSE(survey().empty());
  EXPECT_EQ(process->storage->give_up().code(), Code::unavailable);
  std::filesystem::remove_all(store + "-copy");
  EXPECT_TRUE(process->storage->give_up().is_ok());
  EXPECT_FALSE(process->storage->met_damage());
}

TEST_F(Mended, WhatReadsWellAgainWasNoDamage) {
  open();
  write(0, kKeys);
  flush();
  damage({20'000});
  ASSERT_FALSE(unreadable().empty());
  spoil({20'000});  // as it was
  EXPECT_THAT(survey(), IsEmpty());
  EXPECT_FALSE(process->storage->met_damage());
  expect_all_but({});
}

// Of a large block without compression only every fourth size has an empty one.
TEST_F(Mended, WhatHasNoEmptyBlockIsBeyondIt) {
  int mended = 0;
  for (int more = 0; more < 4; ++more) {
    open();
    ASSERT_TRUE(process->put("large" + std::to_string(more), Bytes(70'000 + more, 'x')).is_ok());
    flush();
    damage({30'000});
    ASSERT_EQ(process->storage->get("large" + std::to_string(more)).status().code(), Code::data_loss);
    const Result<std::vector<KeyRange>> found = process->storage->survey();
    mended += found.is_ok() ? 1 : 0;
    EXPECT_EQ(found.status().code(), found.is_ok() ? Code::ok : Code::data_loss);
    EXPECT_TRUE(process->storage->give_up().is_ok()) << "of what there is to be given up";
    EXPECT_EQ(process->storage->met_damage(), !found.is_ok());
    process.reset();
    std::filesystem::remove_all(store);
  }
  EXPECT_EQ(mended, 1);
}

TEST_F(Mended, GivesUpBlocksThatAreCompressed) {
  compression = "lz4";
  open();
  write(0, kKeys);
  flush();
  damage({1'000, 9'000});
  const std::set<int> lost = unreadable();
  ASSERT_THAT(lost, SizeIs(::testing::Ge(2U)));
  EXPECT_FALSE(survey().empty());
  ASSERT_TRUE(process->storage->give_up().is_ok());
  expect_all_but(lost);
  EXPECT_EQ(faults(), 0U);
}

}  // namespace
}  // namespace stator::rocks
