#include "kernel/node/storage_quarantine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "kernel/causality/copy.h"
#include "kernel/node/store_meta.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"
#include "tests/simulation/disk.h"

namespace stator {
namespace {

using ::testing::HasSubstr;

/// A node's storage with a note of a clean stop in it.
struct Loss : ::testing::Test {
  Loss() : disk(simulation::make_map_disk()), storage(std::move(*disk->open())) {
    const Result<StoreState> made = open_store(*storage, kOurs, {{"first", "register"}, {"second", "register"}});
    EXPECT_TRUE(made.is_ok());
    put(data_key(3, 2, "k"), encode_copy(copy_of({2000})));
    EXPECT_TRUE(write_incarnation(*storage, Stamp::from_millis(500)).is_ok());
    EXPECT_TRUE(write_clean_shutdown(*storage, Stamp::from_millis(1000)).is_ok());
  }
  void put(const Bytes& key, const Bytes& value) const {
    const Mutation mutation{key, value};
    ASSERT_TRUE(storage->write({&mutation, 1}).is_ok());
  }
  void remove(const Bytes& key) const {
    const Mutation mutation{key, {}, true};
    ASSERT_TRUE(storage->write({&mutation, 1}).is_ok());
  }
  static Copy copy_of(const std::vector<std::uint64_t>& stamps) {
    Copy copy;
    const Signer signer{"node-a", Stamp::from_millis(500), Stamp::from_millis(stamps[0]), Stamp::from_millis(600)};
    return apply_write(copy, {.value = "v"}, signer).value().copy;
  }
  EntryCheck check() const {
    EntryCheck entries;
    EXPECT_TRUE(storage
                    ->scan({}, {},
                           [&entries](BytesView key, BytesView value) {
                             EXPECT_EQ(entries.look_at(key, value), "");
                             return true;
                           })
                    .is_ok());
    return entries;
  }

  static inline const StoreIdentity kOurs{"local", "node-a", 12};
  std::unique_ptr<simulation::Disk> disk;
  std::unique_ptr<Storage> storage;
};

TEST_F(Loss, IsSeenAtTheNextStart) {
  const EntryCheck entries = check();
  EXPECT_EQ(entries.newest(), Stamp::from_millis(2000)) << "of a version, here";
  EXPECT_EQ(entries.counts().records, 1U);
  ASSERT_TRUE(note_loss(*storage, entries, Stamp::from_millis(3000)).is_ok());
  const Result<StoreState> state = open_store(*storage, kOurs, {});
  ASSERT_TRUE(state.is_ok());
  EXPECT_TRUE(state->forgot);
  EXPECT_FALSE(state->clean) << "no mark holds";
  EXPECT_EQ(state->barrier, Stamp::from_millis(3000));
  EXPECT_GT(state->clock_limit, state->barrier);
}

TEST_F(Loss, OfAKeyspacesNumberGivesItToNobodyElse) {
  remove(meta_key("keyspace/second"));
  const EntryCheck entries = check();
  EXPECT_EQ(entries.unknown_keyspaces(), (std::set<std::uint16_t>{2}));
  ASSERT_TRUE(note_loss(*storage, entries, Stamp::from_millis(3000)).is_ok());
  const Result<StoreState> state = open_store(*storage, kOurs, {{"third", "register"}, {"second", "register"}});
  ASSERT_TRUE(state.is_ok()) << state.status().text();
  for (const auto& [name, id] : state->keyspaces) EXPECT_GT(id, 2) << name << " would show another keyspace's records";
  EXPECT_TRUE(check().unknown_keyspaces().empty());
}

TEST_F(Loss, OfMeaningIsToldByTheEntryItself) {
  EntryCheck entries;
  const Bytes good = encode_copy(copy_of({1}));
  EXPECT_EQ(entries.look_at(hint_key("node-b", 3, 1, "k"), good), "");
  EXPECT_EQ(entries.look_at(hint_key("node-b", 3, 1, "k"), encode_hint_reference(7)), "");
  EXPECT_EQ(entries.look_at(cut_key({Stamp{1}, 3, 1, "node-b"}), ""), "");
  EXPECT_EQ(entries.counts().hints, 2U);
  EXPECT_EQ(entries.counts().cuts, 1U);
  EXPECT_THAT(entries.look_at(data_key(3, 1, "k"), good.substr(1)), HasSubstr("partition 3 of keyspace number 1"));
  EXPECT_NE(entries.look_at(data_key(3, 1, ""), good), "");
  EXPECT_NE(entries.look_at(hint_key("node-b", 3, 1, "k"), "?"), "");
  EXPECT_NE(entries.look_at(hint_prefix("node-b"), good), "");
  EXPECT_NE(entries.look_at(cut_prefix(), ""), "");
  EXPECT_NE(entries.look_at(meta_key("clock"), "short"), "");
  EXPECT_NE(entries.look_at(meta_key("keyspace/x"), ""), "");
  EXPECT_NE(entries.look_at("\x07", ""), "");
  EXPECT_NE(entries.look_at("", ""), "");
  EXPECT_EQ(entries.counts().records, 0U);
}

TEST_F(Loss, OfPartOfALargeCopyIsToldWhenAllHasBeenSeen) {
  Copy large = copy_of({2000});
  for (std::uint64_t i = 2; i <= 80; ++i) {
    large.record.versions.push_back(large.record.versions.back());
    large.record.versions.back().dot.counter = i;
    large.record.versions.back().stamp = Stamp::from_millis(2000 + i);
    large.record.context.add(large.record.versions.back().dot);
  }
  put(data_key(3, 2, "large"), encode_head(head_of(large)));
  const RowChanges rows = row_changes(rows_prefix(3, 2, "large"), {}, large.record.versions);
  for (const auto& [key, row] : rows) put(key, *row);
  EntryCheck whole = check();
  EXPECT_TRUE(whole.finish().empty());
  EXPECT_EQ(whole.counts().records, 2U);
  EXPECT_EQ(whole.counts().rows, 80U);
  EXPECT_EQ(whole.newest(), Stamp::from_millis(2080));

  remove(rows.begin()->first);
  EntryCheck part = check();
  EXPECT_EQ(part.newest(), Stamp::from_millis(2080)) << "the head tells, if a row does not";
  const std::vector<RowFit::Misfit> misfits = part.finish();
  ASSERT_EQ(misfits.size(), 1U);
  EXPECT_EQ(describe(misfits[0]), "a large copy does not fit its rows in partition 3 of keyspace number 2");
  EXPECT_EQ(part.counts().records, 1U);
  EXPECT_EQ(part.counts().rows, 0U);

  remove(data_key(3, 2, "large"));
  EntryCheck rest = check();
  EXPECT_EQ(describe(rest.finish().at(0)),
            "rows of a large copy are without their head in partition 3 of keyspace number 2");
  EXPECT_NE(rest.look_at(rows.begin()->first, "?"), "");
  EXPECT_NE(rest.look_at(rows.begin()->first, *rows.rbegin()->second), "");
  EXPECT_NE(rest.look_at(rows_begin(3, 2), *rows.begin()->second), "");
  EXPECT_NE(rest.look_at(data_key(3, 2, "large"), encode_head(head_of(large)).substr(1)), "");
}

}  // namespace
}  // namespace stator
