#include "kernel/node/storage_copy.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "tests/simulation/disk.h"

namespace stator {
namespace {

std::unique_ptr<Storage> opened(simulation::Disk& disk) { return std::move(*disk.open()); }

void fill(Storage& storage, int entries) {
  std::mt19937_64 random(7);
  for (int i = 0; i < entries; ++i) {
    Bytes key(1 + random() % 6, '\0');
    for (char& byte : key) byte = static_cast<char>(random());
    const Bytes value(random() % 2000, static_cast<char>(i));
    const Mutation mutation{key, value};
    ASSERT_TRUE(storage.write({&mutation, 1}).is_ok());
  }
}

std::map<Bytes, Bytes> contents(Storage& storage) {
  std::map<Bytes, Bytes> all;
  EXPECT_TRUE(
      storage.scan({}, {}, [&](BytesView key, BytesView value) { return all.emplace(key, value).second; }).is_ok());
  return all;
}

void ignore(const StorageProgress& /*progress*/) {}

TEST(StorageCopy, HoldsEveryEntry) {
  // None, one, and more than a batch, by count and by bytes.
  for (int entries : {0, 1, 9000}) {
    const auto from_disk = simulation::make_map_disk();
    const auto to_disk = simulation::make_map_disk();
    const auto from = opened(*from_disk);
    const auto to = opened(*to_disk);
    fill(*from, entries);
    StorageProgress last;
    int calls = 0;
    const Result<StorageProgress> copied = copy_storage(*from, *to, [&](const StorageProgress& progress) {
      EXPECT_GE(progress.entries, last.entries);
      last = progress;
      ++calls;
    });
    ASSERT_TRUE(copied.is_ok()) << copied.status().text();
    EXPECT_EQ(contents(*from), contents(*to));
    EXPECT_EQ(copied->entries, contents(*from).size());
    EXPECT_EQ(last.entries, copied->entries);
    EXPECT_EQ(last.bytes, copied->bytes);
    EXPECT_EQ(calls > 2, entries == 9000);
  }
}

TEST(StorageCopy, GoesOnlyWhereNothingIs) {
  const auto from_disk = simulation::make_map_disk();
  const auto to_disk = simulation::make_map_disk();
  const auto from = opened(*from_disk);
  const auto to = opened(*to_disk);
  fill(*from, 3);
  fill(*to, 1);
  EXPECT_EQ(copy_storage(*from, *to, ignore).status().code(), Code::failed_precondition);
  EXPECT_EQ(contents(*to).size(), 1U);
}

/// Writes something else than it was asked to, once.
class Lying final : public Storage {
 public:
  enum class Lie { drops, changes, adds };
  Lying(Storage& honest, Lie lie) : honest_(honest), lie_(lie) {}
  Status open(const Path& directory) override { return honest_.open(directory); }
  Status write(WriteBatch batch) override {
    std::vector<Mutation> mutations(batch.begin(), batch.end());
    if (lie_ == Lie::drops) mutations.pop_back();
    if (lie_ == Lie::changes) mutations.back().value = "something else";
    if (lie_ == Lie::adds) mutations.push_back({"\xff\xff\xff\xff\xff\xff\xff", "nobody asked for it"});
    return honest_.write(mutations);
  }
  Result<std::optional<Bytes>> get(BytesView key) override { return honest_.get(key); }
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    return honest_.scan(first, last, visit);
  }
  Status checkpoint(const Path& directory) override { return honest_.checkpoint(directory); }
  StorageStats stats() const override { return honest_.stats(); }

 private:
  Storage& honest_;
  const Lie lie_;
};

TEST(StorageCopy, IsNotBelievedBeforeItWasReadAgain) {
  for (Lying::Lie lie : {Lying::Lie::drops, Lying::Lie::changes, Lying::Lie::adds}) {
    const auto from_disk = simulation::make_map_disk();
    const auto to_disk = simulation::make_map_disk();
    const auto from = opened(*from_disk);
    const auto to = opened(*to_disk);
    fill(*from, 20);
    Lying liar(*to, lie);
    EXPECT_EQ(copy_storage(*from, liar, ignore).status().code(), Code::data_loss) << static_cast<int>(lie);
  }
}

}  // namespace
}  // namespace stator
