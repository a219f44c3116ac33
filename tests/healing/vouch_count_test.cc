#include "kernel/healing/vouch_count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/healing/vouch_messages.h"

namespace stator {
namespace {

using Verdict = VouchCount::Verdict;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(VouchCount, OneWhoKnowsIsEnoughToKeep) {
  VouchCount count(3, {"b", "c"}, 2);
  EXPECT_THAT(count.open(), ElementsAre(0, 1, 2));
  count.answered("b", {0, 1, 2}, {true, false, true}, false);
  EXPECT_EQ(count.verdict(0), Verdict::kept);
  EXPECT_EQ(count.verdict(1), Verdict::open);
  EXPECT_THAT(count.open(), ElementsAre(1));
  EXPECT_THAT(count.unasked(), ElementsAre("c"));
}

TEST(VouchCount, SoManyWhoDoNotKnowAreEnoughToGiveUp) {
  VouchCount count(2, {"b", "c", "d"}, 2);
  count.answered("b", {0, 1}, {false, false}, false);
  EXPECT_THAT(count.open(), ElementsAre(0, 1));
  count.answered("d", {0, 1}, {false, true}, false);
  EXPECT_EQ(count.verdict(0), Verdict::given_up);
  EXPECT_EQ(count.verdict(1), Verdict::kept);
  EXPECT_THAT(count.open(), IsEmpty());
}

TEST(VouchCount, WhoHasLostDataDoesNotSpeakAgainstACopy) {
  VouchCount count(2, {"b", "c"}, 2);
  count.answered("b", {0, 1}, {false, true}, true);
  EXPECT_EQ(count.verdict(1), Verdict::kept) << "but may speak for it";
  count.answered("c", {0}, {false}, false);
  EXPECT_EQ(count.verdict(0), Verdict::kept) << "two disks are lost: nobody can say";
}

TEST(VouchMessages, SayWhatWasSaid) {
  VouchRequest request{"default", {{"k", {}}, {"l", {}}}};
  request.copies[1].context.add({{"a", Stamp{7}}, 3});
  const Frame frame = encode_vouch_request(request, {TimePoint() + std::chrono::seconds(1), {}}, TimePoint());
  const Result<PeerRequestMessage> message = decode_peer_request(*frame, TimePoint());
  ASSERT_TRUE(message.is_ok());
  const Result<VouchRequest> read = decode_vouch_request(std::get<VouchQuestion>(message->body).message);
  ASSERT_TRUE(read.is_ok());
  EXPECT_EQ(read->keyspace, "default");
  ASSERT_EQ(read->copies.size(), 2u);
  EXPECT_EQ(read->copies[1].key, "l");
  EXPECT_EQ(read->copies[1].context, request.copies[1].context);

  const Result<VouchReply> reply = decode_vouch_reply(*encode_vouch_reply({{true, false, true}, true}));
  ASSERT_TRUE(reply.is_ok());
  EXPECT_THAT(reply->knows, ElementsAre(true, false, true));
  EXPECT_TRUE(reply->in_doubt);
}

TEST(VouchMessages, AreRefusedWhenTheyAreNone) {
  EXPECT_EQ(decode_vouch_request("\xff\xff").status().code(), Code::invalid_argument);
  EXPECT_EQ(decode_vouch_reply("\xff\xff").status().code(), Code::internal);
  const Frame failure = encode_peer_failure({Status(Code::not_found, "no such keyspace"), {}, {}});
  EXPECT_EQ(decode_vouch_reply(*failure).status().code(), Code::not_found);
}

}  // namespace
}  // namespace stator
