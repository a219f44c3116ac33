#include <gtest/gtest.h>

#include <memory>

#include "stator/plugin.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"
#include "stator/testing/storage_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

using namespace stator;

std::unique_ptr<Storage> make(Host& host) {
  Status why;
  return std::unique_ptr<Storage>(static_cast<Storage*>(stator_plugin.create(host, {}, why)));
}

[[maybe_unused]] const bool kLaws = stator::testing::register_storage_laws("JournalLaws", {.make = make});

struct JournalFile : ::testing::Test {
  /// Two batches of one key each, in frames of the same size.
  void SetUp() override {
    const auto storage = make(host);
    ASSERT_TRUE(storage->open("store").is_ok());
    for (const char* key : {"a", "b"}) {
      const Mutation mutation{.key = key, .value = "value"};
      ASSERT_TRUE(storage->write({&mutation, 1}).is_ok());
    }
    frame = disk.contents("store/journal").size() / 2;
  }
  stator::testing::ModelledDisk disk;
  stator::testing::ModelledFiles files{disk};
  stator::testing::FakeHost host{files};
  std::size_t frame = 0;
};

TEST_F(JournalFile, LosesWhatACrashHasTorn) {
  disk.replace("store/journal", disk.contents("store/journal").substr(0, 2 * frame - 1));
  const auto storage = make(host);
  ASSERT_TRUE(storage->open("store").is_ok());
  EXPECT_EQ(storage->stats().keys, 1u);
  EXPECT_EQ(disk.contents("store/journal").size(), frame);
}

TEST_F(JournalFile, TakesNoFrameInAValueForItsOwn) {
  {
    const Bytes frames = disk.contents("store/journal");
    const auto storage = make(host);
    ASSERT_TRUE(storage->open("store").is_ok());
    const Mutation mutation{.key = "c", .value = frames};
    ASSERT_TRUE(storage->write({&mutation, 1}).is_ok());
  }
  const Bytes all = disk.contents("store/journal");
  disk.replace("store/journal", all.substr(0, all.size() - 1));
  const auto storage = make(host);
  const Status opened = storage->open("store");
  ASSERT_TRUE(opened.is_ok()) << opened.text();
  EXPECT_EQ(storage->stats().keys, 2u);
}

TEST_F(JournalFile, RefusesDamageBeforeWhatIsWhole) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{9}, frame - 1}) {
    disk.corrupt("store/journal", at, 1);
    const Status refused = make(host)->open("store");
    EXPECT_EQ(refused.text(), "data_loss: store/journal is damaged at offset 0") << at;
    disk.corrupt("store/journal", at, 1);
  }
  EXPECT_TRUE(make(host)->open("store").is_ok());
}

TEST_F(JournalFile, WritesAgainWhatAFailedSyncLeftInTheCache) {
  {
    const auto storage = make(host);
    ASSERT_TRUE(storage->open("store").is_ok());
    const Bytes value(5000, 'c');
    const Mutation mutation{.key = "c", .value = value};
    disk.fail_sync_at(1, {Code::internal, "the disk is ill"});
    ASSERT_FALSE(storage->write({&mutation, 1}).is_ok());
  }
  disk.kill();
  {
    stator::testing::ModelledFiles files_then{disk};
    stator::testing::FakeHost host_then{files_then};
    const auto storage = make(host_then);
    ASSERT_TRUE(storage->open("store").is_ok());
    ASSERT_EQ(storage->stats().keys, 3u);
    const Mutation mutation{.key = "d", .value = "value"};
    ASSERT_TRUE(storage->write({&mutation, 1}).is_ok());
  }
  disk.crash(1);
  stator::testing::ModelledFiles files_now{disk};
  stator::testing::FakeHost host_now{files_now};
  const auto storage = make(host_now);
  const Status opened = storage->open("store");
  ASSERT_TRUE(opened.is_ok()) << opened.text();
  EXPECT_EQ(storage->stats().keys, 4u);
}

TEST_F(JournalFile, GoesOnWhenAFullDiskHasRoomAgain) {
  {
    const auto storage = make(host);
    ASSERT_TRUE(storage->open("store").is_ok());
    const Mutation mutation{.key = "c", .value = "value"};
    disk.set_capacity(0);
    EXPECT_EQ(storage->write({&mutation, 1}).code(), Code::storage_full);
    disk.set_capacity(UINT64_MAX);
    EXPECT_TRUE(storage->write({&mutation, 1}).is_ok());
  }
  disk.crash(1);
  stator::testing::ModelledFiles files_now{disk};
  stator::testing::FakeHost host_now{files_now};
  const auto storage = make(host_now);
  ASSERT_TRUE(storage->open("store").is_ok());
  EXPECT_EQ(storage->stats().keys, 3u);
}

}  // namespace
