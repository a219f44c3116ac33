#include "kernel/node/store_meta.h"

#include <gtest/gtest.h>

#include "kernel/replica/storage_keys.h"
#include "tests/simulation/disk.h"

namespace stator {
namespace {

const StoreIdentity kIdentity{"cluster", "node-a", 12};
const std::vector<StoredKeyspace> kKeyspaces = {{"default", "register"}};

class StoreMeta : public ::testing::Test {
 protected:
  StoreMeta() : disk_(simulation::make_map_disk()), storage_(std::move(*disk_->open())) {}

  Result<StoreState> open(const StoreIdentity& identity = kIdentity,
                          const std::vector<StoredKeyspace>& keyspaces = kKeyspaces) {
    return open_store(*storage_, identity, keyspaces);
  }
  StoreState opened() {
    Result<StoreState> state = open();
    EXPECT_TRUE(state.is_ok());
    return state.is_ok() ? *state : StoreState();
  }
  void overwrite(const Bytes& key, const Bytes& value) {
    const Mutation mutation{key, value};
    ASSERT_TRUE(storage_->write({&mutation, 1}).is_ok());
  }

  std::unique_ptr<simulation::Disk> disk_;
  std::unique_ptr<Storage> storage_;
};

TEST_F(StoreMeta, ANewStoreIsNotClean) {
  const StoreState state = opened();
  EXPECT_FALSE(state.clean);
  EXPECT_EQ(state.incarnation, Stamp{});
  EXPECT_EQ(state.clock_limit, Stamp{});
}

TEST_F(StoreMeta, KeepsIncarnationAndClock) {
  opened();
  ASSERT_TRUE(write_incarnation(*storage_, Stamp{5}).is_ok());
  ASSERT_TRUE(write_clock_limit(*storage_, Stamp{9}).is_ok());
  EXPECT_EQ(opened().incarnation, Stamp{5});
  EXPECT_EQ(opened().clock_limit, Stamp{9});
}

TEST_F(StoreMeta, TheNoteOfACleanShutdownHoldsForOneStart) {
  opened();
  ASSERT_TRUE(write_clean_shutdown(*storage_, Stamp{7}).is_ok());
  const StoreState next = opened();
  EXPECT_TRUE(next.clean);
  EXPECT_EQ(next.clock_limit, Stamp{7});
  EXPECT_FALSE(opened().clean);
}

TEST_F(StoreMeta, TheNoteIsErasedDurablyOrTheStartFails) {
  opened();
  ASSERT_TRUE(write_clean_shutdown(*storage_, Stamp{7}).is_ok());
  disk_->break_sync();
  EXPECT_FALSE(open().is_ok());
}

TEST_F(StoreMeta, AStoreOfAnotherClusterNodeOrGridIsRefusedAndUntouched) {
  opened();
  for (const StoreIdentity& other : {StoreIdentity{"other", "node-a", 12}, StoreIdentity{"cluster", "node-b", 12},
                                     StoreIdentity{"cluster", "node-a", 10}}) {
    EXPECT_EQ(open(other).status().code(), Code::failed_precondition);
  }
  EXPECT_TRUE(open().is_ok());
}

TEST_F(StoreMeta, KeyspacesKeepTheirIdsWhateverComesAndGoes) {
  const std::uint16_t id = opened().keyspaces.at("default");
  const Result<StoreState> more = open(kIdentity, {{"carts", "register"}, {"default", "register"}});
  ASSERT_TRUE(more.is_ok());
  EXPECT_EQ(more->keyspaces.at("default"), id);
  const std::uint16_t carts = more->keyspaces.at("carts");
  EXPECT_NE(carts, id);
  ASSERT_TRUE(open(kIdentity, {}).is_ok());
  const Result<StoreState> third = open(kIdentity, {{"third", "register"}});
  ASSERT_TRUE(third.is_ok());
  EXPECT_NE(third->keyspaces.at("third"), id);
  EXPECT_NE(third->keyspaces.at("third"), carts);
}

TEST_F(StoreMeta, AKeyspaceWrittenByAnotherKindIsRefused) {
  opened();
  EXPECT_EQ(open(kIdentity, {{"default", "datatype add_wins_set"}}).status().code(), Code::failed_precondition);
}

TEST_F(StoreMeta, ARestoreThatWasBegunIsKnownAtTheNextStart) {
  EXPECT_EQ(opened().restoring, "");
  overwrite(restoring_key(), "0123456789abcdef");
  EXPECT_EQ(opened().restoring, "0123456789abcdef");
  EXPECT_EQ(opened().restoring, "0123456789abcdef") << "until somebody takes it away";
}

TEST_F(StoreMeta, AnEmptyStoreIsUnvouchedForUntilSomebodyTakesTheNoteAway) {
  EXPECT_EQ(opened().unvouched, Stamp{});
  EXPECT_EQ(opened().unvouched, Stamp{}) << "a start that ended before its life had a name";
  ASSERT_TRUE(write_unvouched(*storage_, Stamp{3}).is_ok());
  ASSERT_TRUE(write_clock_limit(*storage_, Stamp{9}).is_ok());
  EXPECT_EQ(opened().unvouched, Stamp{3});
  const Bytes note = unvouched_key();
  const Mutation erase{note, {}, true};
  ASSERT_TRUE(storage_->write({&erase, 1}).is_ok());
  EXPECT_EQ(opened().unvouched, std::nullopt);
}

TEST_F(StoreMeta, WhatAFirstStartFoundIsKnownUntilSomebodyTakesTheNoteAway) {
  opened();
  const Bytes empty = unvouched_key();
  Mutation erase{empty, {}, true};
  ASSERT_TRUE(storage_->write({&erase, 1}).is_ok());
  ASSERT_TRUE(write_clock_limit(*storage_, Stamp{9}).is_ok());
  EXPECT_EQ(opened().found_limit, (FoundLimit{Stamp{9}, {}, Stamp{9}}));
  ASSERT_TRUE(write_clock_limit(*storage_, Stamp{30}, {Stamp{9}, Stamp{20}, Stamp{9}}).is_ok());
  ASSERT_TRUE(write_clock_limit(*storage_, Stamp{40}).is_ok());
  EXPECT_EQ(opened().found_limit, (FoundLimit{Stamp{9}, Stamp{20}, Stamp{40}}));
  const Bytes note = found_limit_key();
  erase.key = note;
  ASSERT_TRUE(storage_->write({&erase, 1}).is_ok());
  EXPECT_EQ(opened().found_limit, (FoundLimit{Stamp{40}, {}, Stamp{40}}));
}

TEST(FoundLimit, IsDisprovedByWhatCannotBeOfAnyLifeThatTheDiskKnows) {
  const FoundLimit once{Stamp{9}, {}, Stamp{9}};
  EXPECT_FALSE(once.disproved_by(Stamp{9}));
  EXPECT_TRUE(once.disproved_by(Stamp{10}));
  const FoundLimit again{Stamp{9}, Stamp{20}, Stamp{40}};
  for (std::uint64_t given : {0, 9, 20, 40}) EXPECT_FALSE(again.disproved_by(Stamp{given})) << given;
  for (std::uint64_t given : {10, 19, 41}) EXPECT_TRUE(again.disproved_by(Stamp{given})) << given;
}

TEST_F(StoreMeta, DamagedMetaIsDataLoss) {
  opened();
  overwrite(meta_key("incarnation"), "short");
  EXPECT_EQ(open().status().code(), Code::data_loss);
  overwrite(meta_key("incarnation"), Bytes(8, '\0'));
  EXPECT_TRUE(open().is_ok());
  const Bytes empty = unvouched_key();
  const Mutation erase{empty, {}, true};
  ASSERT_TRUE(storage_->write({&erase, 1}).is_ok());
  ASSERT_TRUE(write_clock_limit(*storage_, Stamp{9}).is_ok());
  overwrite(found_limit_key(), Bytes(15, '\0'));
  EXPECT_EQ(open().status().code(), Code::data_loss);
  overwrite(found_limit_key(), Bytes(16, '\0'));
  EXPECT_TRUE(open().is_ok());
  overwrite(meta_key("keyspace/default"), "\1");
  EXPECT_EQ(open().status().code(), Code::data_loss);
}

}  // namespace
}  // namespace stator
