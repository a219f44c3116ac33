// Operations of data types, as a record sees them: what goes, what comes, and under which dots.
#include <gtest/gtest.h>

#include <utility>

#include "kernel/causality/copy.h"

namespace stator {
namespace {

constexpr Stamp kIncarnation = Stamp::from_millis(1);

Signer signer(std::uint64_t stamp, const std::string& node = "a") {
  return {node, kIncarnation, Stamp::from_millis(stamp), Stamp::from_millis(stamp)};
}

Dot dot(const std::string& node, std::uint64_t epoch, std::uint64_t counter) {
  return {{node, Stamp::from_millis(epoch)}, counter};
}

WriteIntent operation(Operate operate) {
  WriteIntent intent;
  intent.operation = std::move(operate);
  intent.max_bytes = 1 << 20;
  return intent;
}

WriteIntent adding(std::vector<Bytes> values) {
  return operation([values = std::move(values)](auto, const auto&, const Actor&) -> Result<VersionChange> {
    return VersionChange{{}, values};
  });
}

WriteIntent replacing(std::vector<Dot> replaced, std::vector<Bytes> values = {}) {
  return operation([=](auto, const auto&, const Actor&) -> Result<VersionChange> {
    return VersionChange{replaced, values};
  });
}

WriteEffect done(Copy local, WriteIntent intent, const Signer& by) {
  Result<WriteEffect> effect = apply_write(std::move(local), std::move(intent), by);
  EXPECT_TRUE(effect.is_ok()) << effect.status().text();
  return effect.is_ok() ? std::move(*effect) : WriteEffect{};
}

/// "v1 v2 -": the values in the order of their dots, - for a removal.
std::string held(const Copy& copy) {
  std::string text;
  for (const Version& version : copy.record.versions)
    text += (text.empty() ? "" : " ") + (version.tombstone ? "-" : version.value);
  return text;
}

TEST(Operation, GivesEachAdditionTheNextDotInItsOrder) {
  const WriteEffect first = done({}, adding({"x", "y"}), signer(10));
  EXPECT_EQ(first.copy.record.find(dot("a", 10, 1))->value, "x");
  EXPECT_EQ(first.copy.record.find(dot("a", 10, 2))->value, "y");
  EXPECT_EQ(first.dot, dot("a", 10, 2));
  EXPECT_TRUE(first.brings_value);
  const WriteEffect second = done(first.copy, adding({"z"}), signer(11));
  EXPECT_EQ(second.copy.record.find(dot("a", 10, 3))->stamp, Stamp::from_millis(11));
  EXPECT_EQ(held(second.copy), "x y z");
  EXPECT_EQ(second.copy.record.context.counter({"a", Stamp::from_millis(10)}), 3u);
}

TEST(Operation, KeepsVersionsInTheOrderOfTheirDots) {
  const Copy by_z = done({}, adding({"far"}), signer(5, "z")).copy;
  const WriteEffect mixed = done(absorb({}, by_z.record, "a"), adding({"x", "y"}), signer(10));
  EXPECT_EQ(held(mixed.copy), "x y far");
}

TEST(Operation, ReplacesExactlyWhatItNamesAndTakesNothingFromTheClientsContext) {
  const Copy three = done({}, adding({"x", "y", "z"}), signer(10)).copy;
  WriteIntent intent = replacing({dot("a", 10, 2)}, {"w"});
  intent.observed = three.record.context;
  const WriteEffect effect = done(three, intent, signer(11));
  EXPECT_EQ(held(effect.copy), "x z w");
  intent = adding({"v"});
  intent.observed.emplace();
  intent.observed->add(dot("b", 3, 7));
  EXPECT_EQ(done(three, intent, signer(11)).copy.record.context.counter({"b", Stamp::from_millis(3)}), 0u)
      << "what is claimed to be seen and is not here would be thrown away elsewhere";
}

TEST(Operation, ThatAddsNothingIsARemovalWithADotOfItsOwn) {
  const Copy two = done({}, adding({"x", "y"}), signer(10)).copy;
  const WriteEffect one = done(two, replacing({dot("a", 10, 1)}), signer(11));
  EXPECT_EQ(held(one.copy), "y -");
  EXPECT_EQ(one.dot, dot("a", 10, 3));
  EXPECT_FALSE(one.brings_value);
  const WriteEffect none = done(one.copy, replacing({dot("a", 10, 2)}), signer(12));
  EXPECT_EQ(held(none.copy), "-") << "of several removals the newest is enough";
  EXPECT_EQ(none.copy.record.versions[0].stamp, Stamp::from_millis(12));
  EXPECT_EQ(held(done(none.copy, adding({"z"}), signer(13)).copy), "z");
}

TEST(Operation, IsToldOnlyWhatIsThereAndWhoSigns) {
  WriteIntent brief = adding({"short"});
  brief.expires = Stamp::from_millis(50);
  Copy local = done(done({}, adding({"long"}), signer(10)).copy, brief, signer(11)).copy;
  std::vector<Bytes> there;
  Actor told;
  const auto look = [&](const VersionsThere& versions, const auto& observed,
                        const Actor& actor) -> Result<VersionChange> {
    there.clear();
    for (const Version& version : versions.all) there.push_back(version.value);
    EXPECT_FALSE(observed.has_value());
    told = actor;
    return VersionChange{{}, {"new"}};
  };
  EXPECT_EQ(done(local, operation(look), signer(49)).dot.actor, told);
  EXPECT_EQ(there, (std::vector<Bytes>{"long", "short"}));
  const WriteEffect later = done(local, operation(look), signer(50));
  EXPECT_EQ(there, std::vector<Bytes>{"long"});
  EXPECT_EQ(held(later.copy), "long new") << "what has expired is gone with the next operation";
  EXPECT_EQ(told, (Actor{"a", Stamp::from_millis(10)}));
  local.mark.reset();
  done(local, operation(look), signer(60));
  EXPECT_EQ(told, (Actor{"a", Stamp::from_millis(60)}))
      << "without a mark a new actor signs, and nobody else's item is its own";
}

TEST(Operation, OfAClientThatHasSeenMoreOfThisActorSignsAnew) {
  WriteIntent intent = adding({"y"});
  intent.observed.emplace();
  intent.observed->add(dot("a", 10, 9));
  EXPECT_EQ(done(done({}, adding({"x"}), signer(10)).copy, intent, signer(20)).dot, dot("a", 20, 1));
}

TEST(Operation, IsDoneOnceHoweverOftenItIsTried) {
  WriteIntent intent = adding({"x", "y"});
  intent.op_id = OpId{7};
  const WriteEffect first = done({}, intent, signer(10));
  const WriteEffect again = done(first.copy, intent, signer(11));
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.dot, first.dot);
  EXPECT_EQ(again.copy, first.copy);
  for (const Version& version : first.copy.record.versions)
    EXPECT_EQ(version.op_id, std::nullopt) << "two items of one operation are no repetition of each other";
}

TEST(Operation, MayNotLeaveMoreThanItsBoundUnlessThatIsLessThanBefore) {
  WriteIntent intent = adding({"12345678"});
  intent.max_bytes = 2 * (kVersionCost + 8);
  const Copy two = done(done({}, intent, signer(10)).copy, intent, signer(11)).copy;
  EXPECT_EQ(apply_write(two, intent, signer(12)).status().code(), Code::too_large);
  const Copy grown = absorb(two, done({}, adding({Bytes(500, 'b')}), signer(20, "b")).copy.record, "a");
  WriteIntent removing = replacing({dot("a", 10, 1)});
  removing.max_bytes = intent.max_bytes;
  EXPECT_TRUE(apply_write(grown, removing, signer(30)).is_ok());
}

TEST(Operation, IsRefusedWithItsOwnReasonAndByPreconditions) {
  const WriteIntent refused = operation(
      [](auto, const auto&, const Actor&) -> Result<VersionChange> { return Status(Code::invalid_argument, "no"); });
  EXPECT_EQ(apply_write({}, refused, signer(10)).status().text(), "invalid_argument: no");
  WriteIntent first = adding({"x"});
  first.create_only = true;
  const Copy one = done({}, first, signer(10)).copy;
  EXPECT_EQ(apply_write(one, first, signer(11)).status().code(), Code::failed_precondition);
}

TEST(Operation, OfTwoCopiesBothTakeEffectAndARemovedItemStaysRemoved) {
  const Copy start = done({}, adding({"x", "y"}), signer(10)).copy;
  const Copy there = absorb({}, start.record, "b");
  const Copy removed = done(start, replacing({dot("a", 10, 1)}), signer(20)).copy;
  const Copy added = done(there, adding({"z"}), signer(21, "b")).copy;
  EXPECT_EQ(held(absorb(removed, added.record, "a")), "y - z");
  EXPECT_EQ(absorb(removed, added.record, "a").record, absorb(added, removed.record, "b").record);
}

}  // namespace
}  // namespace stator
