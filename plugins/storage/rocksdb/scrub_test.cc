#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "stator/scrubbing.h"
#include "test_storage.h"

namespace stator::rocks {
namespace {

constexpr int kKeys = 3000;

/// An open storage whose tables are read again.
struct Scrubbed : ::testing::Test {
  void SetUp() override {
    RocksStorage::Options options = small();
    options.block_cache_bytes = 64 << 20;  // all of it stays in the cache
    options.compression = "none";
    process = std::make_unique<Process>(options);
    ASSERT_TRUE(process->storage->open(scratch.path()).is_ok());
  }
  void write(int times) {
    std::vector<std::pair<Bytes, Bytes>> entries;
    for (int i = 0; i < times; ++i) {
      const std::string number = std::to_string(written++ % kKeys);
      entries.emplace_back("key" + number, Bytes(300, 'v') + number);
    }
    std::vector<Mutation> batch;
    for (const auto& [key, value] : entries) batch.push_back({.key = key, .value = value});
    ASSERT_TRUE(process->storage->write(batch).is_ok());
  }
  struct Pass {
    std::uint64_t bytes = 0;
    std::uint64_t damage = 0;
  };
  Pass pass() {
    Pass all;
    for (bool last = false; !last;) {
      const Result<Scrubbing::Piece> piece = process->storage->scrub_piece();
      if (!piece.is_ok()) {
        ADD_FAILURE() << piece.status().text();
        return all;
      }
      all.bytes += piece->bytes;
      all.damage += piece->damage;
      last = piece->last;
    }
    return all;
  }
  void damage_newest() const {
    const Path table = files_with(scratch.path(), ".sst").back();
    std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
    const auto place = static_cast<std::streamoff>(std::filesystem::file_size(table) / 2);
    file.seekg(place);
    const auto byte = static_cast<char>(file.get());
    file.seekp(place);
    file.put(static_cast<char>(byte ^ 0x40));
  }

  Scratch scratch;
  std::unique_ptr<Process> process;
  int written = 0;
};

TEST_F(Scrubbed, ReadsAllThatWasWrittenWhereverItIs) {
  EXPECT_EQ(pass().bytes, 0U);
  write(10);
  EXPECT_GT(pass().bytes, 10U * 300) << "what was in the log alone too";
  write(kKeys);
  const Pass read = pass();
  EXPECT_GE(read.bytes, std::uint64_t{kKeys} * 300);
  EXPECT_EQ(read.damage, 0U);
}

TEST_F(Scrubbed, IsSoundWhileItIsWrittenAndCompacted) {
  write(kKeys);
  std::uint64_t passes = 0;
  for (int i = 0; i < 200; ++i) {
    write(80);
    const Result<Scrubbing::Piece> piece = process->storage->scrub_piece();
    ASSERT_TRUE(piece.is_ok()) << piece.status().text();
    ASSERT_EQ(piece->damage, 0U);
    passes += piece->last ? 1 : 0;
  }
  EXPECT_GT(passes, 0U);
}

// Every read of it is answered by the cache.
TEST_F(Scrubbed, MeetsDamageOnTheDiskBehindTheCache) {
  write(kKeys);
  pass();
  for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(process->storage->get("key" + std::to_string(i)).is_ok());
  damage_newest();
  for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(process->storage->get("key" + std::to_string(i)).is_ok());
  ASSERT_FALSE(process->storage->met_damage());
  EXPECT_EQ(pass().damage, 1U);
  EXPECT_TRUE(process->storage->met_damage());
  ASSERT_TRUE(process->storage->survey().is_ok());
  ASSERT_TRUE(process->storage->give_up().is_ok());
  EXPECT_EQ(pass().damage, 0U);
  EXPECT_FALSE(process->storage->met_damage());
}

}  // namespace
}  // namespace stator::rocks
