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

TEST(Authority, WhoHoldsNothingDoubtsNothing) {
  Authority authority(16);
  authority.doubt({});
  EXPECT_FALSE(authority.in_doubt());
}

}  // namespace
}  // namespace stator
