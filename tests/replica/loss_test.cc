#include "kernel/replica/loss.h"

#include <gtest/gtest.h>

#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

constexpr std::size_t kPartitions = 64;

std::set<LostCopies> copies_in(const std::vector<KeyRange>& ranges) {
  return loss_of(ranges, {1, 2}, kPartitions).copies;
}

TEST(Loss, OfNothingIsNothing) {
  const Loss loss = loss_of({}, {1, 2}, kPartitions);
  EXPECT_TRUE(loss.copies.empty());
  EXPECT_FALSE(loss.notes);
  EXPECT_FALSE(loss.cuts);
}

TEST(Loss, OfAKeyIsThatOfItsPartitionAlone) {
  const Loss loss = loss_of({{data_key(7, 2, "k"), data_key(7, 2, "l")}}, {1, 2}, kPartitions);
  EXPECT_EQ(loss.copies, (std::set<LostCopies>{{2, 7}}));
  EXPECT_FALSE(loss.notes);
  EXPECT_FALSE(loss.cuts);
}

// The range begins behind the last copy that could be read, and ends before the next.
TEST(Loss, ReachesFromOneCopyToTheNext) {
  EXPECT_EQ(copies_in({{data_key(7, 2, "k"), data_key(9, 1, "k")}}),
            (std::set<LostCopies>{{1, 8}, {1, 9}, {2, 7}, {2, 8}}));
  EXPECT_EQ(copies_in({{data_key(7, 2, "k"), data_key(8, 1, "")}}), (std::set<LostCopies>{{2, 7}}))
      << "ranges are half-open";
  EXPECT_EQ(copies_in({{data_key(0, 1, ""), data_key(0, 1, Bytes("\0", 1))}}), (std::set<LostCopies>{{1, 0}}));
}

TEST(Loss, OfTheLastPartitionEndsThere) {
  EXPECT_EQ(copies_in({{data_key(63, 1, "k"), hint_key("node-b", 3, 1, "k")}}),
            (std::set<LostCopies>{{1, 63}, {2, 63}}));
}

TEST(Loss, OfRowsIsThatOfTheirCopies) {
  const Bytes row = rows_prefix(7, 2, "k") + "row";
  const Loss loss = loss_of({{row, row + '\0'}}, {1, 2}, kPartitions);
  EXPECT_EQ(loss.copies, (std::set<LostCopies>{{2, 7}}));
  EXPECT_FALSE(loss.notes);
  EXPECT_FALSE(loss.cuts);
  EXPECT_EQ(copies_in({{row, rows_prefix(9, 1, "k")}}), (std::set<LostCopies>{{1, 8}, {1, 9}, {2, 7}, {2, 8}}));
  EXPECT_EQ(copies_in({{row, rows_begin(8, 1)}}), (std::set<LostCopies>{{2, 7}}));
  EXPECT_EQ(copies_in({{rows_prefix(63, 1, "k"), Bytes(1, '\xff')}}), (std::set<LostCopies>{{1, 63}, {2, 63}}));
  EXPECT_EQ(copies_in({{data_key(63, 2, "k"), rows_prefix(1, 1, "k")}}),
            (std::set<LostCopies>{{2, 63}, {1, 0}, {2, 0}, {1, 1}}));
}

TEST(Loss, OfHintsIsNone) {
  const Loss loss = loss_of({{hint_key("node-b", 3, 1, "k"), hint_key("node-b", 4, 1, "k")}}, {1}, kPartitions);
  EXPECT_TRUE(loss.copies.empty());
  EXPECT_FALSE(loss.notes);
  EXPECT_FALSE(loss.cuts);
}

TEST(Loss, KnowsNotesAndCuts) {
  const Bytes cut = cut_key({Stamp{5}, 3, 1, "node-a"});
  EXPECT_TRUE(loss_of({{meta_key("clock"), meta_key("clock") + '\0'}}, {1}, kPartitions).notes);
  EXPECT_TRUE(loss_of({{cut, cut + '\0'}}, {1}, kPartitions).cuts);
  EXPECT_FALSE(loss_of({{cut, cut + '\0'}}, {1}, kPartitions).notes);
  const Loss everything = loss_of({{Bytes(), Bytes(1, '\xff')}}, {1, 2}, kPartitions);
  EXPECT_TRUE(everything.notes);
  EXPECT_TRUE(everything.cuts);
  EXPECT_EQ(everything.copies.size(), 2 * kPartitions);
}

}  // namespace
}  // namespace stator
