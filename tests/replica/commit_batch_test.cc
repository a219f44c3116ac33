#include "kernel/replica/commit_batch.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

/// Fails every write while it is told to.
class FullStorage final : public Storage {
 public:
  Status open(const Path&) override { return {}; }
  Status write(WriteBatch batch) override {
    ++writes;
    if (full) return {Code::storage_full, "full"};
    for (const Mutation& mutation : batch) {
      if (mutation.remove) {
        entries.erase(Bytes(mutation.key));
      } else {
        entries[Bytes(mutation.key)] = mutation.value;
      }
    }
    return {};
  }
  Result<std::optional<Bytes>> get(BytesView) override { return std::optional<Bytes>(); }
  Status scan(BytesView, BytesView, const Visitor&) override { return {}; }
  Status checkpoint(const Path&) override { return {}; }
  StorageStats stats() const override { return {}; }

  bool full = false;
  int writes = 0;
  std::map<Bytes, Bytes> entries;
};

Commit commit(Bytes key, Bytes value, std::shared_ptr<CommitChain> chain = {}) {
  Commit made{std::move(key), std::move(value), {}};
  made.chain = std::move(chain);
  return made;
}

std::vector<Status> write(Storage& storage, const std::vector<const Commit*>& commits) {
  return write_batch(storage, commits);
}

TEST(CommitBatch, WritesACommitsRowsWithIt) {
  FullStorage storage;
  storage.entries["row 1"] = "old";
  Commit with_rows = commit("key", "head");
  with_rows.rows = {{"row 1", std::nullopt}, {"row 2", "new"}};
  const Commit other = commit("other", "copy");
  const std::vector<Status> outcomes = write(storage, {&with_rows, &other});
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_TRUE(outcomes[0].is_ok() && outcomes[1].is_ok());
  EXPECT_EQ(storage.entries, (std::map<Bytes, Bytes>{{"key", "head"}, {"other", "copy"}, {"row 2", "new"}}));
  EXPECT_EQ(storage.writes, 1) << "all or nothing";
}

TEST(CommitBatch, FailsWhatBuildsOnACommitThatFailed) {
  FullStorage storage;
  const auto chain = std::make_shared<CommitChain>();
  const Commit first = commit("key", "1", chain);
  const Commit second = commit("key", "2", chain);
  const Commit apart = commit("apart", "x");
  storage.full = true;
  EXPECT_EQ(write(storage, {&first})[0].code(), Code::storage_full);
  storage.full = false;
  const std::vector<Status> outcomes = write(storage, {&second, &apart});
  EXPECT_EQ(outcomes[0].code(), Code::storage_full);
  EXPECT_TRUE(outcomes[1].is_ok());
  EXPECT_EQ(storage.entries, (std::map<Bytes, Bytes>{{"apart", "x"}}));
  EXPECT_EQ(write(storage, {&second})[0].code(), Code::storage_full) << "and what comes later too";
  EXPECT_EQ(storage.writes, 2) << "a batch in which nothing is left is none";
}

TEST(CommitBatch, AChainThatHoldsIsNoHindrance) {
  FullStorage storage;
  const auto chain = std::make_shared<CommitChain>();
  const Commit first = commit("key", "1", chain);
  const Commit second = commit("key", "2", chain);
  EXPECT_TRUE(write(storage, {&first, &second})[1].is_ok());
  EXPECT_EQ(storage.entries.at("key"), "2");
}

}  // namespace
}  // namespace stator
