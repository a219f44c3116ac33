#include "kernel/healing/authority.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

TEST(Authority, IsNotInDoubtByItself) {
  Authority authority(16);
  EXPECT_FALSE(authority.in_doubt());
  EXPECT_TRUE(authority.speaks_for(3));
  EXPECT_FALSE(authority.verify(3, "node-b", 1));
}

TEST(Authority, ComesBackPartitionByPartition) {
  Authority authority(16);
  authority.doubt({1, 2});
  EXPECT_FALSE(authority.speaks_for(1));
  EXPECT_TRUE(authority.speaks_for(5));  // of which no replica is held here
  EXPECT_FALSE(authority.verify(1, "node-b", 1));
  EXPECT_TRUE(authority.speaks_for(1));
  EXPECT_FALSE(authority.speaks_for(2));
  EXPECT_EQ(authority.missing(), 1u);
}

TEST(Authority, NeedsDistinctPeers) {
  Authority authority(16);
  authority.doubt({1});
  EXPECT_FALSE(authority.verify(1, "node-b", 2));
  EXPECT_FALSE(authority.verify(1, "node-b", 2));
  EXPECT_FALSE(authority.speaks_for(1));
  EXPECT_TRUE(authority.verify(1, "node-c", 2));
  EXPECT_TRUE(authority.speaks_for(1));
}

TEST(Authority, TellsOnceThatNothingIsMissingAnyMore) {
  Authority authority(16);
  authority.doubt({1, 2});
  EXPECT_FALSE(authority.verify(2, "node-b", 1));
  EXPECT_TRUE(authority.verify(1, "node-b", 1));
  EXPECT_FALSE(authority.in_doubt());
  EXPECT_FALSE(authority.verify(1, "node-c", 1));
}

TEST(Authority, CanBeLostInSomePartitions) {
  Authority authority(16);
  authority.lose({1}, TimePoint(Duration(10)));
  EXPECT_TRUE(authority.in_doubt());
  EXPECT_FALSE(authority.in_doubt_wholly());
  EXPECT_FALSE(authority.speaks_for(1));
  EXPECT_TRUE(authority.speaks_for(2));
  EXPECT_TRUE(authority.verify(1, "node-b", 1, TimePoint(Duration(11))));
  EXPECT_FALSE(authority.in_doubt());
}

TEST(Authority, WhatWasComparedBeforeALossSaysNothing) {
  Authority authority(16);
  authority.lose({1}, TimePoint(Duration(10)));
  EXPECT_FALSE(authority.verify(1, "node-b", 1, TimePoint(Duration(10))));
  EXPECT_FALSE(authority.verify(1, "node-b", 2, TimePoint(Duration(11))));
  authority.lose({1}, TimePoint(Duration(20)));
  EXPECT_EQ(authority.missing(), 1u) << "it is the same partition";
  EXPECT_FALSE(authority.verify(1, "node-c", 2, TimePoint(Duration(21)))) << "node-b's word is older than the loss";
  EXPECT_TRUE(authority.verify(1, "node-b", 2, TimePoint(Duration(21))));
}

TEST(Authority, ALossAndAWholeDoubtAddUp) {
  Authority authority(16);
  authority.lose({1}, TimePoint(Duration(10)));
  authority.doubt({1, 2});
  EXPECT_TRUE(authority.in_doubt_wholly());
  EXPECT_EQ(authority.missing(), 2u);
  EXPECT_FALSE(authority.verify(2, "node-b", 1, TimePoint(Duration(5))));
  EXPECT_FALSE(authority.speaks_for(1));
  authority.lose({2}, TimePoint(Duration(10)));
  EXPECT_EQ(authority.missing(), 2u);
  EXPECT_FALSE(authority.verify(1, "node-b", 1, TimePoint(Duration(11))));
  EXPECT_TRUE(authority.verify(2, "node-b", 1, TimePoint(Duration(11))));
  EXPECT_FALSE(authority.in_doubt_wholly());
}

TEST(Authority, WhoHoldsNothingDoubtsNothing) {
  Authority authority(16);
  authority.doubt({});
  EXPECT_FALSE(authority.in_doubt());
}

}  // namespace
}  // namespace stator
