#include "kernel/causality/copy.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/causality/record_codec.h"
#include "tests/causality/generators.h"

namespace stator {
namespace {

constexpr Stamp kIncarnation = Stamp::from_millis(1);

Signer signer(std::uint64_t stamp, const std::string& node = "a", Stamp incarnation = kIncarnation) {
  return {node, incarnation, Stamp::from_millis(stamp), Stamp::from_millis(stamp)};
}

WriteIntent value(const std::string& bytes) {
  WriteIntent intent;
  intent.value = bytes;
  return intent;
}

WriteIntent value_after(const std::string& bytes, Context observed) {
  WriteIntent intent = value(bytes);
  intent.observed = std::move(observed);
  return intent;
}

WriteEffect written(Copy local, WriteIntent intent, const Signer& by) {
  Result<WriteEffect> effect = apply_write(std::move(local), std::move(intent), by);
  EXPECT_TRUE(effect.is_ok()) << effect.status().text();
  return effect.is_ok() ? std::move(*effect) : WriteEffect{};
}

Code refusal(Copy local, WriteIntent intent) {
  return apply_write(std::move(local), std::move(intent), signer(900)).status().code();
}

Copy one_write() { return written({}, value("first"), signer(10)).copy; }

/// Two siblings: by node a, here, and by node b, elsewhere.
Copy two_siblings() {
  const Copy elsewhere = written({}, value("other"), signer(20, "b")).copy;
  return absorb(one_write(), elsewhere.record, "a");
}

Dot dot(const std::string& node, std::uint64_t epoch, std::uint64_t counter) {
  return {{node, Stamp::from_millis(epoch)}, counter};
}

// --- Which actor signs a write: each rule of causality.md ---

TEST(Signing, AKeyThatIsNotHereGetsANewEpochTheWritesOwnStamp) {
  const WriteEffect effect = written({}, value("v"), signer(10));
  EXPECT_EQ(effect.dot, dot("a", 10, 1));
  EXPECT_EQ(effect.copy.mark, (Mark{Stamp::from_millis(10), kIncarnation}));
}

TEST(Signing, AValidMarkCountsOnUnderItsEpoch) {
  const WriteEffect second = written(one_write(), value("v"), signer(11));
  EXPECT_EQ(second.dot, dot("a", 10, 2));
  EXPECT_EQ(written(second.copy, value("w"), signer(12)).dot, dot("a", 10, 3));
}

TEST(Signing, ARecordThatArrivedFromElsewhereHasNoMark) {
  const Copy arrived = absorb({}, one_write().record, "a");
  EXPECT_EQ(arrived.mark, std::nullopt);
  EXPECT_EQ(written(arrived, value("v"), signer(30)).dot, dot("a", 30, 1));
}

TEST(Signing, AMarkOfAnotherIncarnationIsVoid) {
  const WriteEffect after = written(one_write(), value("v"), signer(40, "a", Stamp::from_millis(39)));
  EXPECT_EQ(after.dot, dot("a", 40, 1));
  EXPECT_EQ(after.copy.mark->incarnation, Stamp::from_millis(39));
}

TEST(Signing, ARecordWithANewerEntryOfTheMarkedActorDropsTheMark) {
  Record arrived;
  arrived.context.add(dot("a", 10, 2));
  const Copy copy = absorb(one_write(), arrived, "a");
  EXPECT_EQ(copy.mark, std::nullopt);
  EXPECT_EQ(written(copy, value("v"), signer(50)).dot, dot("a", 50, 1));
}

TEST(Signing, AContextWithANewerEntryOfTheMarkedActorDropsTheMark) {
  Context observed;
  observed.add(dot("a", 10, 2));
  EXPECT_EQ(written(one_write(), value_after("v", observed), signer(50)).dot, dot("a", 50, 1));
}

TEST(Signing, EntriesThatAreNoNewerLeaveTheMark) {
  Record arrived;
  arrived.context.add(dot("a", 10, 1));
  arrived.context.add(dot("a", 5, 9));
  arrived.context.add(dot("b", 10, 9));
  const Copy copy = absorb(one_write(), arrived, "a");
  EXPECT_TRUE(copy.mark.has_value());
  EXPECT_EQ(written(copy, value("v"), signer(50)).dot, dot("a", 10, 2));
}

TEST(Signing, AnotherNodesEntryOfTheSameEpochIsNotOurs) {
  const Copy other = absorb({}, one_write().record, "b");
  EXPECT_EQ(written(other, value("v"), signer(10, "b")).dot, dot("b", 10, 1));
}

RC_GTEST_PROP(Signing, ANewDotIsCoveredByNothingItWasMadeFrom, ()) {
  Copy local;
  local.record = generators::record(generators::Contents::agreed);
  if (*rc::gen::arbitrary<bool>()) local.mark = Mark{generators::actor(0).epoch, kIncarnation};
  const Context observed = generators::context();
  const Record before = local.record;
  const WriteEffect effect = written(local, value_after("v", observed), signer(77, "a"));
  RC_ASSERT(!observed.covers(effect.dot));
  RC_ASSERT(!before.context.covers(effect.dot));
  RC_ASSERT(effect.copy.record.context.covers(before.context));
  RC_ASSERT(effect.copy.record.context.covers(observed));
}

// --- What a write does ---

RC_GTEST_PROP(Writing, RemovesExactlyWhatItsContextCovers, ()) {
  Copy local;
  local.record = generators::record(generators::Contents::agreed);
  const Context observed = generators::context();
  const Record before = local.record;
  const WriteEffect effect = written(local, value_after("v", observed), signer(77, "a"));
  const Record& after = effect.copy.record;
  std::size_t kept = 0;
  for (const Version& version : before.versions) {
    RC_ASSERT((after.find(version.dot) == nullptr) == observed.covers(version.dot));
    kept += observed.covers(version.dot) ? 0 : 1;
  }
  RC_ASSERT(after.versions.size() == kept + 1);
  RC_ASSERT(after.find(effect.dot)->value == "v");
  RC_ASSERT(after.find(effect.dot)->stamp == Stamp::from_millis(77));
}

TEST(Writing, WithoutAContextReplacesWhatThisReplicaKnows) {
  const WriteEffect effect = written(two_siblings(), value("v"), signer(30));
  ASSERT_EQ(effect.copy.record.versions.size(), 1u);
  EXPECT_EQ(effect.copy.record.versions[0].value, "v");
}

TEST(Writing, TwiceWithTheSameContextKeepsBoth) {
  const Copy first = one_write();
  const Context seen = first.record.context;
  const Copy second = written(first, value_after("x", seen), signer(11)).copy;
  const Copy third = written(second, value_after("y", seen), signer(12)).copy;
  ASSERT_EQ(third.record.versions.size(), 2u);
  EXPECT_EQ(third.record.versions[0].value, "x");
  EXPECT_EQ(third.record.versions[1].value, "y");
}

TEST(Writing, ARemovalLeavesATombstoneWithItsOwnDot) {
  WriteIntent removal = value("ignored");
  removal.remove = true;
  removal.content_type = "text/plain";
  const WriteEffect effect = written(one_write(), removal, signer(30));
  const Version* tombstone = effect.copy.record.find(effect.dot);
  ASSERT_NE(tombstone, nullptr);
  EXPECT_TRUE(tombstone->tombstone);
  EXPECT_TRUE(tombstone->value.empty());
  EXPECT_FALSE(effect.copy.record.live());
}

TEST(CreateOnly, IsRefusedWhileAnyVersionLives) {
  WriteIntent create = value("v");
  create.create_only = true;
  EXPECT_EQ(refusal(one_write(), create), Code::failed_precondition);
  EXPECT_EQ(written({}, create, signer(10)).copy.record.versions.size(), 1u);
}

TEST(CreateOnly, AfterARemovalStandsBesideTheTombstoneItHasNotSeen) {
  WriteIntent removal;
  removal.remove = true;
  const Copy removed = written(one_write(), removal, signer(20)).copy;
  WriteIntent create = value("v");
  create.create_only = true;
  EXPECT_EQ(written(removed, create, signer(30)).copy.record.versions.size(), 2u);
}

TEST(IfMatch, HoldsOnlyIfTheContextCoversAllThatIsHere) {
  const Copy both = two_siblings();
  WriteIntent intent = value_after("v", one_write().record.context);
  intent.if_match = true;
  EXPECT_EQ(refusal(both, intent), Code::failed_precondition);
  intent.observed = both.record.context;
  EXPECT_EQ(written(both, intent, signer(30)).copy.record.versions.size(), 1u);
}

TEST(IfMatch, WithoutAContextWantsALiveVersion) {
  WriteIntent intent = value("v");
  intent.if_match = true;
  EXPECT_EQ(refusal({}, intent), Code::failed_precondition);
  EXPECT_EQ(written(one_write(), intent, signer(30)).copy.record.versions.size(), 1u);
}

TEST(OpIds, ARetryWritesNothingAndNamesTheFirstDot) {
  WriteIntent intent = value("v");
  intent.op_id = generators::op_id(1);
  const WriteEffect first = written(one_write(), intent, signer(20));
  const WriteEffect retry = written(first.copy, intent, signer(30));
  EXPECT_TRUE(retry.repeated);
  EXPECT_EQ(retry.dot, first.dot);
  EXPECT_EQ(retry.copy, first.copy);
}

TEST(OpIds, ARetryIsRecognisedAfterItsVersionWasReplacedAndBeforeAnyPrecondition) {
  WriteIntent intent = value("v");
  intent.op_id = generators::op_id(1);
  intent.create_only = true;
  const WriteEffect first = written({}, intent, signer(20));
  const Copy later = written(first.copy, value("w"), signer(21)).copy;
  const WriteEffect retry = written(later, intent, signer(30));
  EXPECT_TRUE(retry.repeated);
  EXPECT_EQ(retry.dot, first.dot);
  EXPECT_EQ(retry.copy, later);
}

TEST(OpIds, TheLastThirtyTwoAreKept) {
  Copy copy;
  for (std::uint64_t i = 0; i < 40; ++i) {
    WriteIntent intent = value("v");
    intent.op_id = generators::op_id(i);
    copy = written(copy, intent, signer(10 + i)).copy;
  }
  ASSERT_EQ(copy.record.ops.size(), Record::kMaxOps);
  EXPECT_EQ(copy.record.ops.front().op, generators::op_id(8));
}

TEST(MaxSiblings, RefusesOneMoreUnlessTheContextLowersTheCount) {
  Copy crowded;
  for (std::uint64_t i = 0; i < 3; ++i) crowded = written(crowded, value_after("v", {}), signer(10 + i)).copy;
  WriteIntent intent = value_after("w", {});
  intent.max_siblings = 3;
  EXPECT_EQ(refusal(crowded, intent), Code::conflict);
  intent.max_siblings = 1;  // as if the limit had been lowered: fewer than before is always welcome
  intent.observed->add(crowded.record.versions[1].dot);
  EXPECT_EQ(written(crowded, intent, signer(30)).copy.record.versions.size(), 2u);
}

TEST(MaxSiblings, NeverStopsAMerge) {
  Copy copy;
  for (char node = 'b'; node < 'z'; ++node) {
    copy = absorb(copy, written({}, value("v"), signer(10, std::string(1, node))).copy.record, "a");
  }
  EXPECT_EQ(copy.record.versions.size(), 24u);
}

RC_GTEST_PROP(ContextAfterWrite, CoversNoOtherVersionAndAllThatIsReplaced, ()) {
  Copy local;
  local.record = generators::record(generators::Contents::agreed);
  const WriteEffect effect = written(local, value_after("v", generators::context()), signer(77, "a"));
  const Context seen = context_after_write(effect.copy.record, effect.dot);
  RC_ASSERT(effect.copy.record.context.covers(seen));
  for (const Version& version : effect.copy.record.versions) {
    RC_ASSERT(version.dot == effect.dot || !seen.covers(version.dot));
  }
  RC_ASSERT(seen.covers(effect.dot));  // its epoch is new, so no sibling has an earlier dot of it
  if (effect.copy.record.versions.size() == 1) RC_ASSERT(seen == effect.copy.record.context);
}

TEST(Expiry, AnExpiredVersionIsNoLiveOneToAPrecondition) {
  WriteIntent brief = value("v");
  brief.expires = Stamp::from_millis(20);
  const Copy copy = written({}, brief, signer(10)).copy;
  WriteIntent create = value("w");
  create.create_only = true;
  EXPECT_EQ(apply_write(copy, create, signer(19)).status().code(), Code::failed_precondition);
  EXPECT_TRUE(apply_write(copy, create, signer(20)).is_ok());
  WriteIntent match = value("w");
  match.if_match = true;
  EXPECT_TRUE(apply_write(copy, match, signer(19)).is_ok());
  EXPECT_EQ(apply_write(copy, match, signer(20)).status().code(), Code::failed_precondition);
  match.observed = copy.record.context;
  EXPECT_TRUE(apply_write(copy, match, signer(19)).is_ok());
  EXPECT_EQ(apply_write(copy, match, signer(20)).status().code(), Code::failed_precondition)
      << "what its client has read is no longer there";
  match.if_match = false;
  EXPECT_EQ(written(copy, match, signer(20)).copy.record.versions.size(), 1u) << "it is replaced all the same";
}

// --- How a copy is stored ---

RC_GTEST_PROP(StoredCopy, ComesBackAsItWas, ()) {
  Copy copy;
  copy.record = generators::record(generators::Contents::arbitrary);
  if (*rc::gen::arbitrary<bool>())
    copy.mark = Mark{{*rc::gen::arbitrary<std::uint64_t>()}, {*rc::gen::arbitrary<std::uint64_t>()}};
  const Bytes bytes = encode_copy(copy);
  const Result<Copy> back = decode_copy(bytes);
  RC_ASSERT(back.is_ok());
  RC_ASSERT(*back == copy);
  RC_ASSERT(record_bytes(bytes) == encode_record(copy.record));
}

RC_GTEST_PROP(StoredCopy, OfAnyBytesIsDataLossOrThoseBytes, (const std::string& bytes)) {
  const Result<Copy> copy = decode_copy(bytes);
  if (copy.is_ok()) {
    RC_ASSERT(encode_copy(*copy) == bytes);
  } else {
    RC_ASSERT(copy.status().code() == Code::data_loss);
  }
  RC_ASSERT(record_bytes(bytes).size() <= bytes.size());
}

}  // namespace
}  // namespace stator
