#include "kernel/node/peer_clocks.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace stator {
namespace {

TEST(PeerClocks, RememberTheNewestStampOfALife) {
  PeerClocks clocks;
  clocks.meet("node-b", Stamp{10}, Stamp{12});
  clocks.hear("node-b", Stamp{20});
  clocks.hear("node-b", Stamp{15});
  EXPECT_EQ(clocks.all().at("node-b"), (HeardClock{Stamp{10}, Stamp{20}, Stamp{0}}));
}

TEST(PeerClocks, RememberEarlierLivesApartFromThisOne) {
  PeerClocks clocks;
  clocks.meet("node-b", Stamp{10}, Stamp{12});
  clocks.meet("node-b", Stamp{30}, Stamp{31});
  clocks.meet("node-b", Stamp{30}, Stamp{33});
  const HeardClock clock = clocks.all().at("node-b");
  EXPECT_EQ(clock, (HeardClock{Stamp{30}, Stamp{33}, Stamp{12}}));
  EXPECT_EQ(clock.outside(Stamp{30}), Stamp{12});
  EXPECT_EQ(clock.outside(Stamp{50}), Stamp{33});  // a life that was not met yet: all that is known is of earlier ones
}

TEST(PeerClocks, NoteNothingOfNodesTheyNeverMet) {
  PeerClocks clocks;
  clocks.hear("node-b", Stamp{20});
  EXPECT_TRUE(clocks.all().empty());
}

RC_GTEST_PROP(HeardClocks, AreReadAsWritten, (const std::map<std::string, std::uint64_t>& stamps)) {
  std::map<std::string, HeardClock> heard;
  for (const auto& [node, bits] : stamps) heard[node] = {Stamp{bits}, Stamp{bits + 1}, Stamp{bits / 2}};
  const auto read = decode_heard(encode_heard(heard));
  RC_ASSERT(read.is_ok());
  RC_ASSERT(*read == heard);
}

RC_GTEST_PROP(HeardClocks, AnyBytesAreRefusedOrClocks, (const std::string& bytes)) {
  const auto read = decode_heard(bytes);
  if (read.is_ok()) RC_ASSERT(encode_heard(*read) == bytes);
}

}  // namespace
}  // namespace stator
