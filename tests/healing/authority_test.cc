#include "kernel/healing/authority.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

constexpr Authority::Wanted kOne{1, 2};
constexpr Authority::Wanted kTwo{2, 4};

TimePoint at(int ticks) { return TimePoint(Duration(ticks)); }

TEST(Authority, IsNotInDoubtByItself) {
  Authority authority(16);
  EXPECT_FALSE(authority.in_doubt());
  EXPECT_TRUE(authority.speaks_for(3));
  EXPECT_FALSE(authority.verify(3, {"node-b"}, kOne));
}

TEST(Authority, ComesBackPartitionByPartition) {
  Authority authority(16);
  authority.doubt({1, 2}, at(0));
  EXPECT_FALSE(authority.speaks_for(1));
  EXPECT_TRUE(authority.speaks_for(5));  // of which no replica is held here
  EXPECT_FALSE(authority.verify(1, {"node-b"}, kOne));
  EXPECT_TRUE(authority.speaks_for(1));
  EXPECT_FALSE(authority.speaks_for(2));
  EXPECT_EQ(authority.missing(), 1u);
}

TEST(Authority, NeedsDistinctPeers) {
  Authority authority(16);
  authority.doubt({1}, at(0));
  EXPECT_FALSE(authority.verify(1, {"node-b"}, kTwo));
  EXPECT_FALSE(authority.verify(1, {"node-b"}, kTwo));
  EXPECT_FALSE(authority.speaks_for(1));
  EXPECT_TRUE(authority.verify(1, {"node-c"}, kTwo));
  EXPECT_TRUE(authority.speaks_for(1));
}

TEST(Authority, TellsOnceThatNothingIsMissingAnyMore) {
  Authority authority(16);
  authority.doubt({1, 2}, at(0));
  EXPECT_FALSE(authority.verify(2, {"node-b"}, kOne));
  EXPECT_TRUE(authority.verify(1, {"node-b"}, kOne));
  EXPECT_FALSE(authority.in_doubt());
  EXPECT_FALSE(authority.verify(1, {"node-c"}, kOne));
}

TEST(Authority, CanBeLostInSomePartitions) {
  Authority authority(16);
  authority.lose({1}, at(10));
  EXPECT_TRUE(authority.in_doubt());
  EXPECT_FALSE(authority.in_doubt_wholly());
  EXPECT_FALSE(authority.speaks_for(1));
  EXPECT_TRUE(authority.speaks_for(2));
  EXPECT_TRUE(authority.verify(1, {"node-b", true, at(11)}, kOne));
  EXPECT_FALSE(authority.in_doubt());
}

TEST(Authority, WhatWasComparedBeforeALossSaysNothing) {
  Authority authority(16);
  authority.lose({1}, at(10));
  EXPECT_FALSE(authority.verify(1, {"node-b", true, at(10)}, kOne));
  EXPECT_FALSE(authority.verify(1, {"node-b", true, at(11)}, kTwo));
  authority.lose({1}, at(20));
  EXPECT_EQ(authority.missing(), 1u) << "it is the same partition";
  EXPECT_FALSE(authority.verify(1, {"node-c", true, at(21)}, kTwo)) << "node-b's word is older than the loss";
  EXPECT_TRUE(authority.verify(1, {"node-b", true, at(21)}, kTwo));
}

TEST(Authority, ALossAndAWholeDoubtAddUp) {
  Authority authority(16);
  authority.lose({1}, at(10));
  authority.doubt({1, 2}, at(15));
  EXPECT_TRUE(authority.in_doubt_wholly());
  EXPECT_EQ(authority.missing(), 2u);
  EXPECT_FALSE(authority.verify(2, {"node-b", true, at(16)}, kOne));
  EXPECT_FALSE(authority.speaks_for(1));
  authority.lose({2}, at(20));
  EXPECT_EQ(authority.missing(), 2u);
  EXPECT_FALSE(authority.verify(1, {"node-b", true, at(21)}, kOne));
  EXPECT_TRUE(authority.verify(2, {"node-b", true, at(21)}, kOne));
  EXPECT_FALSE(authority.in_doubt_wholly());
}

TEST(Authority, ADoubtBeginsAnew) {
  Authority authority(16);
  authority.doubt({1, 2}, at(10));
  EXPECT_FALSE(authority.verify(1, {"node-b", true, at(11)}, kOne));
  EXPECT_FALSE(authority.verify(2, {"node-b", true, at(11)}, kTwo));
  ASSERT_TRUE(authority.speaks_for(1));
  authority.doubt({1, 2}, at(20));
  EXPECT_FALSE(authority.speaks_for(1)) << "what it had caught up with by then is in doubt like the rest";
  EXPECT_EQ(authority.missing(), 2u);
  EXPECT_FALSE(authority.verify(1, {"node-b", true, at(20)}, kOne));
  EXPECT_FALSE(authority.verify(2, {"node-c", true, at(21)}, kTwo)) << "node-b's word is older";
  EXPECT_FALSE(authority.verify(2, {"node-b", true, at(21)}, kTwo));
  EXPECT_TRUE(authority.verify(1, {"node-b", true, at(21)}, kOne));
}

TEST(Authority, WhoIsInDoubtVouchesForNobody) {
  Authority authority(16);
  authority.doubt({1}, at(0));
  EXPECT_FALSE(authority.verify(1, {"node-b", false}, kTwo));
  EXPECT_FALSE(authority.verify(1, {"node-c", false}, kTwo));
  EXPECT_FALSE(authority.verify(1, {"node-d", true}, kTwo));
  EXPECT_FALSE(authority.speaks_for(1));
  EXPECT_TRUE(authority.verify(1, {"node-c", true}, kTwo)) << "it has caught up itself";
}

TEST(Authority, OfAStoreThatMayLackSomethingVouchesForNobody) {
  Authority authority(16);
  authority.lose({1}, at(0));
  EXPECT_FALSE(authority.vouches_for(1));
  EXPECT_TRUE(authority.vouches_for(2));
  authority.stand(Authority::Standing::unsure);
  EXPECT_FALSE(authority.vouches_for(2));
  EXPECT_TRUE(authority.speaks_for(2));
  authority.stand(Authority::Standing::held_back);
  EXPECT_FALSE(authority.vouches_for(2));
  EXPECT_FALSE(authority.speaks_for(2));
  authority.stand(Authority::Standing::sure);
  EXPECT_TRUE(authority.vouches_for(2));
  EXPECT_FALSE(authority.speaks_for(1)) << "that is another matter";
}

TEST(Authority, AWordOnceGivenHolds) {
  Authority authority(16);
  authority.doubt({1}, at(0));
  EXPECT_FALSE(authority.verify(1, {"node-b", true}, kTwo));
  EXPECT_FALSE(authority.verify(1, {"node-b", false}, kTwo)) << "its disk is lost now; what was on it is here";
  EXPECT_TRUE(authority.verify(1, {"node-c", true}, kTwo));
}

TEST(Authority, WhatAllOthersTogetherDoNotKnowIsNowhere) {
  Authority authority(16);
  authority.doubt({1}, at(0));
  for (const char* peer : {"node-b", "node-c", "node-b", "node-d"})
    EXPECT_FALSE(authority.verify(1, {peer, false}, kTwo)) << peer;
  EXPECT_TRUE(authority.verify(1, {"node-e", false}, kTwo));
}

TEST(Authority, WhoHoldsNothingDoubtsNothing) {
  Authority authority(16);
  authority.doubt({}, at(0));
  EXPECT_FALSE(authority.in_doubt());
}

}  // namespace
}  // namespace stator
