#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/healing/collect_messages.h"
#include "kernel/healing/collection_round.h"
#include "kernel/healing/collection_rules.h"
#include "kernel/healing/collection_votes.h"
#include "tests/causality/generators.h"

namespace stator {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kGrace{1000};

Version version_at(std::uint64_t millis, bool tombstone) {
  Version version;
  version.dot = {{"a", Stamp::from_millis(millis)}, 1};
  version.stamp = Stamp::from_millis(millis);
  version.tombstone = tombstone;
  return version;
}

Record record_of(std::vector<Version> versions) {
  Record record;
  for (const Version& version : versions) record.context.add(version.dot);
  record.versions = std::move(versions);
  return record;
}

// --- What may go ---

TEST(CollectionAge, IsThatOfTheNewestTombstone) {
  const Record record = record_of({version_at(5'000, true), version_at(7'000, true)});
  EXPECT_EQ(dead_since_ms(record), 7'000u);
  EXPECT_EQ(check_age(record, kGrace, Stamp::from_millis(8'000)), CollectBlock::young);
  EXPECT_EQ(check_age(record, kGrace, Stamp::from_millis(8'001)), CollectBlock::none);
}

TEST(CollectionAge, OfAnExpiringValueBeginsWhenItExpiresAndNotWhenItCame) {
  Version version = version_at(5'000, false);
  version.expires = Stamp::from_millis(9'000);
  const Record record = record_of({version});
  EXPECT_EQ(check_age(record, kGrace, Stamp::from_millis(8'999)), CollectBlock::live);
  EXPECT_EQ(check_age(record, kGrace, Stamp::from_millis(10'000)), CollectBlock::young);
  EXPECT_EQ(check_age(record, kGrace, Stamp::from_millis(10'001)), CollectBlock::none);
}

TEST(CollectionAge, AValueThatStaysHasNone) {
  const Record record = record_of({version_at(5'000, true), version_at(6'000, false)});
  EXPECT_EQ(check_age(record, kGrace, Stamp::from_millis(1'000'000'000)), CollectBlock::live);
}

TEST(CollectionAge, AClockThatIsBehindSeesNoAgeAtAll) {
  const Record record = record_of({version_at(5'000, true)});
  EXPECT_EQ(check_age(record, kGrace, Stamp::from_millis(4'000)), CollectBlock::live);
}

// --- A round ---

CollectReply yes(std::size_t keys, std::uint64_t wall = 50'000) {
  CollectReply reply{CollectBlock::none, Stamp::from_millis(wall), Stamp::from_millis(wall), {}};
  reply.blocks.assign(keys, CollectBlock::none);
  return reply;
}
CollectReply no(CollectBlock why) { return {why, {}, {}, {}}; }

/// Three replicas and one other member, two keys.
class ARound : public ::testing::Test {
 protected:
  void all_say(const CollectReply& reply) {
    for (std::size_t member = 0; member < 4; ++member) {
      if (round_.asks(member)) round_.add(member, reply);
    }
  }
  /// Everybody agrees until that step begins.
  void reach(CollectStep step) {
    while (round_.step() != step) {
      all_say(yes(2));
      ASSERT_TRUE(round_.advance(milliseconds(20)));
    }
  }
  /// All but the last member agree, and that one is heard as said.
  template <typename Hear>
  void but_for(std::size_t odd, Hear hear) {
    for (std::size_t member = 0; member < 4; ++member) {
      if (!round_.asks(member)) continue;
      if (member == odd) {
        hear();
      } else {
        round_.add(member, yes(2));
      }
    }
    ASSERT_TRUE(round_.all_answered());
  }

  CollectionRound round_{{true, true, true, false}, {{"k", 1}, {"l", 2}}};
};

TEST_F(ARound, CollectsWhatEverybodyAgreesOn) {
  reach(CollectStep::commit);
  all_say(yes(2));
  EXPECT_FALSE(round_.advance(milliseconds(20)));
  EXPECT_EQ(round_.collected(), 2u);
  EXPECT_TRUE(round_.left().empty());
}

TEST_F(ARound, AsksEveryMemberButLetsOnlyReplicasRemove) {
  for (std::size_t member = 0; member < 4; ++member) EXPECT_TRUE(round_.asks(member));
  reach(CollectStep::prepare);
  for (std::size_t member = 0; member < 4; ++member) EXPECT_TRUE(round_.asks(member));
  reach(CollectStep::commit);
  EXPECT_FALSE(round_.asks(3));
}

TEST_F(ARound, EndsWithoutAnyMembersAnswerAtAnyStep) {
  for (CollectStep step : {CollectStep::survey, CollectStep::prepare}) {
    for (std::size_t silent = 0; silent < 4; ++silent) {
      round_ = CollectionRound({true, true, true, false}, {{"k", 1}, {"l", 2}});
      reach(step);
      but_for(silent, [&] { round_.add_failure(silent, CollectBlock::unreachable); });
      EXPECT_FALSE(round_.advance(milliseconds(20)));
      EXPECT_EQ(round_.left().at(CollectBlock::unreachable), 2u);
      EXPECT_EQ(round_.collected(), 0u);
    }
  }
}

TEST_F(ARound, EndsWhereAnyMemberSaysNo) {
  for (CollectBlock why : {CollectBlock::hint, CollectBlock::ring, CollectBlock::clock, CollectBlock::busy}) {
    round_ = CollectionRound({true, true, true, false}, {{"k", 1}, {"l", 2}});
    but_for(3, [&] { round_.add(3, no(why)); });
    EXPECT_FALSE(round_.advance(milliseconds(20)));
    EXPECT_EQ(round_.left().at(why), 2u);
  }
}

TEST_F(ARound, GoesOnWithoutTheKeyThatOneReplicaHoldsOtherwise) {
  but_for(1, [&] {
    CollectReply reply = yes(2);
    reply.blocks[0] = CollectBlock::differs;
    round_.add(1, reply);
  });
  EXPECT_TRUE(round_.advance(milliseconds(20)));
  ASSERT_EQ(round_.keys().size(), 1u);
  EXPECT_EQ(round_.keys()[0].key, "l");
  EXPECT_EQ(round_.left().at(CollectBlock::differs), 1u);
  ASSERT_EQ(round_.left_keys().size(), 1u);
  EXPECT_EQ(round_.left_keys()[0].key, "k");
}

TEST_F(ARound, TakesAnAnswerOfAnotherLengthForNone) {
  but_for(2, [&] { round_.add(2, yes(1)); });
  EXPECT_FALSE(round_.advance(milliseconds(20)));
  EXPECT_EQ(round_.left().at(CollectBlock::failed), 2u);
}

TEST_F(ARound, CutsAheadOfEveryClockItHeardAndHardlyMore) {
  but_for(3, [&] {
    CollectReply reply = yes(2, 50'300);
    reply.clock = Stamp{Stamp::from_millis(50'310).bits + 7};
    round_.add(3, reply);
  });
  ASSERT_TRUE(round_.advance(milliseconds(20)));
  EXPECT_EQ(round_.cut(), Stamp::from_millis(50'320));

  round_ = CollectionRound({true, true, true, false}, {{"k", 1}, {"l", 2}});
  but_for(3, [&] {
    CollectReply reply = yes(2, 50'300);
    reply.clock = Stamp{Stamp::from_millis(50'400).bits + 7};
    round_.add(3, reply);
  });
  ASSERT_TRUE(round_.advance(milliseconds(20)));
  EXPECT_GT(round_.cut(), Stamp::from_millis(50'401));
  EXPECT_LE(round_.cut(), Stamp::from_millis(50'402));
}

TEST_F(ARound, CountsAKeyAsCollectedOnlyWhereAllReplicasRemovedIt) {
  reach(CollectStep::commit);
  but_for(2, [&] { round_.add_failure(2, CollectBlock::unreachable); });
  EXPECT_FALSE(round_.advance(milliseconds(20)));
  EXPECT_EQ(round_.collected(), 0u);
}

// --- A member's votes ---

constexpr TimePoint kNow{std::chrono::hours(1)};
const CollectionVotes::Round kRound{"default", 7, "node-a", 1};

TEST(CollectionVotes, StandOnlyForWhatWasSurveyedAndPreparedInThatRound) {
  CollectionVotes votes;
  EXPECT_EQ(votes.prepare(kRound, 0, {{"k", 1}}, kNow), CollectBlock::busy);  // a member that restarted since
  EXPECT_EQ(votes.survey(kRound, 0, kNow), CollectBlock::none);
  EXPECT_FALSE(votes.stands(kRound, {"k", 1}, kNow));
  EXPECT_EQ(votes.prepare(kRound, 0, {{"k", 1}}, kNow), CollectBlock::none);
  EXPECT_TRUE(votes.stands(kRound, {"k", 1}, kNow));
  EXPECT_FALSE(votes.stands(kRound, {"k", 2}, kNow));
  EXPECT_FALSE(votes.stands(kRound, {"l", 1}, kNow));
  for (const CollectionVotes::Round& other :
       {CollectionVotes::Round{"default", 7, "node-b", 1}, CollectionVotes::Round{"default", 7, "node-a", 2},
        CollectionVotes::Round{"default", 8, "node-a", 1}, CollectionVotes::Round{"carts", 7, "node-a", 1}})
    EXPECT_FALSE(votes.stands(other, {"k", 1}, kNow));
  votes.end(kRound);
  EXPECT_FALSE(votes.stands(kRound, {"k", 1}, kNow));
}

TEST(CollectionVotes, LapseWhenTheCoordinatorIsGone) {
  CollectionVotes votes;
  ASSERT_EQ(votes.survey(kRound, 0, kNow), CollectBlock::none);
  EXPECT_EQ(votes.prepare(kRound, 0, {{"k", 1}}, kNow + CollectionVotes::kFor), CollectBlock::busy);
  ASSERT_EQ(votes.survey(kRound, 0, kNow), CollectBlock::none);
  ASSERT_EQ(votes.prepare(kRound, 0, {{"k", 1}}, kNow), CollectBlock::none);
  const CollectionVotes::Round other{"default", 7, "node-b", 5};
  EXPECT_EQ(votes.survey(other, 0, kNow), CollectBlock::busy);
  EXPECT_FALSE(votes.stands(kRound, {"k", 1}, kNow + CollectionVotes::kFor));
  EXPECT_EQ(votes.survey(other, 0, kNow + CollectionVotes::kFor), CollectBlock::none);
}

TEST(CollectionVotes, DoNotOutlastACopyThatStoodInMeanwhile) {
  CollectionVotes votes;
  ASSERT_EQ(votes.survey(kRound, 3, kNow), CollectBlock::none);
  EXPECT_EQ(votes.prepare(kRound, 4, {{"k", 1}}, kNow), CollectBlock::hint);
}

// --- Messages ---

RC_GTEST_PROP(CollectMessages, RequestsArriveAsSent, (const std::string& key, std::uint64_t digest)) {
  const CollectRequest sent{CollectStep::prepare, "carts", 77, 5, 6, Stamp{digest}, {{key, digest}, {"l", 1}}};
  const PeerRequestHead head{kNow + seconds(1), {}};
  const Result<PeerRequestMessage> message = decode_peer_request(*encode_collect_request(sent, head, kNow), kNow);
  RC_ASSERT(message.is_ok());
  RC_ASSERT(message->head.deadline == head.deadline);
  const Result<CollectRequest> got = decode_collect_request(std::get<CollectQuestion>(message->body).message);
  RC_ASSERT(got.is_ok());
  RC_ASSERT(got->step == sent.step && got->keyspace == sent.keyspace && got->partition == sent.partition);
  RC_ASSERT(got->round == sent.round && got->ring == sent.ring && got->cut == sent.cut && got->keys == sent.keys);
}

TEST(CollectMessages, RepliesArriveAsSent) {
  const CollectReply sent{CollectBlock::none, Stamp{5}, Stamp{6}, {CollectBlock::none, CollectBlock::stray}};
  const Result<CollectReply> got = decode_collect_reply(*encode_collect_reply(sent));
  ASSERT_TRUE(got.is_ok());
  EXPECT_EQ(got->clock, sent.clock);
  EXPECT_EQ(got->wall, sent.wall);
  EXPECT_EQ(got->blocks, sent.blocks);
  EXPECT_EQ(decode_collect_reply(*encode_collect_reply(no(CollectBlock::hint)))->block, CollectBlock::hint);
  const Status refused(Code::not_found, "no such keyspace");
  EXPECT_EQ(decode_collect_reply(*encode_peer_failure({refused, {}, {}})).status(), refused);
  EXPECT_FALSE(decode_collect_reply(*encode_put_reply(5)).is_ok());
}

RC_GTEST_PROP(CollectMessages, AnyBytesAreAnErrorOrAMessage, (const std::string& bytes)) {
  static_cast<void>(decode_collect_request(bytes).is_ok());
  static_cast<void>(decode_collect_reply(bytes).is_ok());
}

TEST(CollectBlocks, HaveANameEach) {
  std::set<std::string> names;
  for (std::size_t block = 0; block <= static_cast<std::size_t>(CollectBlock::last_one); ++block)
    names.insert(name_of(static_cast<CollectBlock>(block)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(CollectBlock::last_one) + 1);
}

}  // namespace
}  // namespace stator
