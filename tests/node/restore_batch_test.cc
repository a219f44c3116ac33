#include "kernel/node/restore_batch.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

RestoreBatch sample() {
  return {"0123456789abcdef",
          {{"default", "key", Bytes("re\0cord", 7)}, {"carts", Bytes("\xff\0", 2), Bytes(300, 'x')}, {"", "k", ""}}};
}

TEST(RestoreBatchOnItsWay, ArrivesAsItWas) {
  const Result<RestoreBatch> read = decode_restore_batch(encode_restore_batch(sample()));
  ASSERT_TRUE(read.is_ok());
  EXPECT_EQ(*read, sample());
}

// Between a command line and a node that may be of another version.
TEST(RestoreBatchOnItsWay, IsWrittenAndReadAsEver) {
  const RestoreBatch batch{"0123456789abcdef", {{"carts", "k", "rec"}}};
  const Bytes golden =
      "stator-restore-1\x10"
      "0123456789abcdef"
      "\x05"
      "carts"
      "\x01"
      "k"
      "\x03"
      "rec";
  EXPECT_EQ(encode_restore_batch(batch), golden);
  const Result<RestoreBatch> read = decode_restore_batch(golden);
  ASSERT_TRUE(read.is_ok());
  EXPECT_EQ(*read, batch);
}

TEST(RestoreBatchOnItsWay, IsRefusedCutShortExceptBetweenRecords) {
  const Bytes whole = encode_restore_batch(sample());
  std::size_t taken = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Result<RestoreBatch> read = decode_restore_batch(BytesView(whole).substr(0, size));
    if (!read.is_ok()) {
      EXPECT_EQ(read.status().code(), Code::invalid_argument);
      continue;
    }
    ++taken;
    EXPECT_LT(read->entries.size(), sample().entries.size());
  }
  EXPECT_EQ(taken, sample().entries.size());
}

TEST(RestoreBatchOnItsWay, IsBounded) {
  RestoreBatch batch = sample();
  batch.entries.assign(RestoreBatch::kMaxRecords, batch.entries[0]);
  EXPECT_TRUE(decode_restore_batch(encode_restore_batch(batch)).is_ok());
  batch.entries.push_back(batch.entries[0]);
  EXPECT_FALSE(decode_restore_batch(encode_restore_batch(batch)).is_ok());
}

TEST(RestoreBatchOnItsWay, HasNoRecordWithoutAKeyAndNoOtherFormat) {
  RestoreBatch batch = sample();
  batch.entries[1].key.clear();
  EXPECT_FALSE(decode_restore_batch(encode_restore_batch(batch)).is_ok());
  Bytes other = encode_restore_batch(sample());
  other[other.find("-1") + 1] = '2';
  EXPECT_FALSE(decode_restore_batch(other).is_ok());
}

TEST(BackupId, NamesADirectoryAndNothingElse) {
  EXPECT_TRUE(is_backup_id("0123456789abcdef"));
  for (const char* id : {"", "0123456789abcde", "../0123456789abcdef", "0123456789ABCDEF", "0123456789abcdef/"})
    EXPECT_FALSE(is_backup_id(id)) << id;
  EXPECT_FALSE(is_backup_id(std::string(65, 'a')));
}

}  // namespace
}  // namespace stator
