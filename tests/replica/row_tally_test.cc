#include "kernel/replica/row_tally.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/storage_keys.h"
#include "tests/simulation/disk.h"

namespace stator {
namespace {

Copy copy_of(std::uint64_t versions) {
  Copy copy;
  for (std::uint64_t i = 1; i <= versions; ++i) {
    Version version;
    version.dot = {{"a", Stamp{1}}, i};
    version.stamp = {i};
    version.value = encode_item("field " + std::to_string(i), "v");
    copy.record.context.add(version.dot);
    copy.record.versions.push_back(version);
  }
  return copy;
}

/// What is stored of two large copies in one partition and a small one.
struct RowFits : ::testing::Test {
  RowFits() {
    for (const Bytes key : {"k", "l"}) add(key, copy_of(80));
    entries[data_key(3, 1, "small")] = encode_copy(copy_of(2));
  }
  void add(const Bytes& key, const Copy& copy) {
    entries[data_key(3, 1, key)] = encode_head(head_of(copy));
    for (auto& [at, row] : row_changes(rows_prefix(3, 1, key), {}, copy.record.versions)) entries[at] = *row;
  }
  Bytes row_of(const Bytes& key, std::size_t number) {
    return std::next(entries.lower_bound(rows_prefix(3, 1, key)), static_cast<std::ptrdiff_t>(number))->first;
  }
  std::vector<RowFit::Misfit> misfits() {
    RowFit fit;
    for (const auto& [key, value] : entries) {
      if (parse_row_key(key)) (void)fit.row(key, value);
      if (is_head(value)) (void)fit.head(key, value);
    }
    return fit.misfits();
  }
  /// The same, as found in a storage.
  std::vector<Bytes> found() {
    const auto disk = simulation::make_map_disk();
    const std::unique_ptr<Storage> storage = std::move(*disk->open());
    std::vector<Mutation> batch;
    for (const auto& [key, value] : entries) batch.push_back({key, value});
    EXPECT_TRUE(storage->write(batch).is_ok());
    struct NoCommitter final : Committer {
      void commit(Executor&, Commit) override {}
    } committer;
    Store store("fast", *storage, committer);
    const Result<std::vector<Bytes>> keys = misfits_in({store, 1, 3});
    EXPECT_TRUE(keys.is_ok());
    for (const Bytes key : {"k", "l", "small", "nothing"}) {
      const bool suspect = std::find(keys->begin(), keys->end(), key) != keys->end();
      EXPECT_EQ(*is_whole({store, 3, 1, key}), !suspect) << key;
    }
    return *keys;
  }
  void expect_unfit(const Bytes& key, bool head, std::uint64_t count) {
    const std::vector<RowFit::Misfit> all = misfits();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].partition, 3);
    EXPECT_EQ(all[0].keyspace, 1);
    EXPECT_EQ(all[0].key, key);
    EXPECT_EQ(all[0].head, head);
    EXPECT_EQ(all[0].entries, count);
    EXPECT_EQ(found(), std::vector<Bytes>{key});
  }

  std::map<Bytes, Bytes> entries;
};

TEST_F(RowFits, WhatWasStoredTogether) {
  EXPECT_TRUE(misfits().empty());
  EXPECT_TRUE(found().empty());
}

TEST_F(RowFits, NotWithoutARow) {
  entries.erase(row_of("k", 79));
  expect_unfit("k", true, 80);
}

TEST_F(RowFits, NotWithoutAny) {
  entries.erase(entries.lower_bound(rows_prefix(3, 1, "l")), entries.end());
  expect_unfit("l", true, 1);
}

TEST_F(RowFits, NotWithARowOfAnotherTime) {
  Version older = copy_of(1).record.versions[0];
  older.stamp = {7};
  entries[row_key(rows_prefix(3, 1, "k"), older)] = encode_version(older);
  expect_unfit("k", true, 81);
}

TEST_F(RowFits, NotWithARowTooMany) {
  const Version more = copy_of(81).record.versions[80];
  entries[row_key(rows_prefix(3, 1, "k"), more)] = encode_version(more);
  expect_unfit("k", true, 82);
}

TEST_F(RowFits, NotWithARowUnderAnothersKey) {
  std::swap(entries[row_of("k", 1)], entries[row_of("k", 2)]);
  expect_unfit("k", true, 79);
}

TEST_F(RowFits, NotWithARowThatIsNone) {
  entries[row_of("k", 1)] = "nonsense";
  expect_unfit("k", true, 80);
}

TEST_F(RowFits, NoRowsWithoutAHead) {
  entries[data_key(3, 1, "k")] = encode_copy(copy_of(3));
  expect_unfit("k", false, 80);
  entries.erase(data_key(3, 1, "k"));
  expect_unfit("k", false, 80);
}

TEST_F(RowFits, AHeadThatIsNoneHasNoRows) {
  entries[data_key(3, 1, "k")].pop_back();
  EXPECT_EQ(misfits().size(), 1U);
  EXPECT_FALSE(found().empty());
}

TEST_F(RowFits, AreReadSomeAtATime) {
  const auto disk = simulation::make_map_disk();
  const std::unique_ptr<Storage> storage = std::move(*disk->open());
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : entries) {
    const Mutation mutation{key, value};
    ASSERT_TRUE(storage->write({&mutation, 1}).is_ok());
    if (key.starts_with(rows_prefix(3, 1, "k"))) bytes += key.size() + value.size();
  }
  const Head head = head_of(copy_of(80));
  for (const std::size_t most_bytes : {std::size_t{1}, std::size_t{100'000}}) {
    RowCursor rows(rows_prefix(3, 1, "k"));
    std::uint64_t read = 0;
    std::size_t turns = 0;
    while (!rows.done) {
      read += *rows.read(*storage, 30, most_bytes);
      EXPECT_LE(rows.tally.count, 30 * ++turns);
    }
    EXPECT_EQ(turns, most_bytes == 1 ? 80U : 3U);
    EXPECT_EQ(read, bytes);
    EXPECT_EQ(rows.tally, (RowTally{head.count, head.sum}));
  }
}

}  // namespace
}  // namespace stator
