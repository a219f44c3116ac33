#include "kernel/coordinator/read_view.h"

#include <gtest/gtest.h>

namespace stator {
namespace {

constexpr std::uint64_t kNow = 1'000;

Version sibling(const std::string& node, std::uint64_t stamp, const std::string& value) {
  Version version;
  version.dot = {{node, Stamp{1}}, 1};
  version.stamp = Stamp::from_millis(stamp);
  version.value = value;
  return version;
}

Record holding(std::vector<Version> versions) {
  Record record;
  for (const Version& version : versions) record.context.add(version.dot);
  record.versions = std::move(versions);
  return record;
}

/// Answers with the first sibling.
Result<Resolution> first_wins(BytesView /*key*/, std::span<const Version> siblings) {
  Resolution resolution;
  resolution.winner = 0;
  resolution.resolved_by = "first";
  EXPECT_GT(siblings.size(), 1u);
  return resolution;
}

GetResult view(const Record& record, Keyspace::Resolve resolve = first_wins, bool collapse = false) {
  Keyspace keyspace;
  keyspace.resolve = std::move(resolve);
  keyspace.rules.collapse = collapse;
  return *view_record(&record, keyspace, "key", kNow);
}

TEST(ReadView, OfNoRecordFindsNothing) {
  const GetResult result = *view_record(nullptr, Keyspace(), "key", kNow);
  EXPECT_FALSE(result.found);
  EXPECT_TRUE(result.clock.empty());
}

TEST(ReadView, ALoneVersionNeedsNoResolver) {
  const GetResult result = view(holding({sibling("a", 5, "v")}), [](auto, auto) -> Result<Resolution> {
    ADD_FAILURE() << "asked";
    return Resolution();
  });
  EXPECT_TRUE(result.found);
  EXPECT_EQ(result.resolved.winner, 0u);
}

TEST(ReadView, ATombstoneIsNotFoundButItsClockIsShown) {
  Version removal = sibling("a", 5, "");
  removal.tombstone = true;
  const GetResult result = view(holding({removal}));
  EXPECT_FALSE(result.found);
  EXPECT_FALSE(result.clock.empty());
  EXPECT_EQ(result.siblings.size(), 1u);
}

TEST(ReadView, AnExpiredVersionReadsAsATombstone) {
  Version brief = sibling("a", 5, "v");
  brief.expires = Stamp::from_millis(kNow);
  EXPECT_FALSE(view(holding({brief})).found);
  brief.expires = Stamp::from_millis(kNow + 1);
  EXPECT_TRUE(view(holding({brief})).found);
}

TEST(ReadView, SiblingsAreShownWithTheResolversAnswer) {
  const GetResult result = view(holding({sibling("a", 5, "v"), sibling("b", 9, "w")}));
  EXPECT_EQ(result.siblings.size(), 2u);
  EXPECT_EQ(result.resolved.winner, 0u);
  EXPECT_EQ(result.resolved.resolved_by, "first");
}

TEST(ReadView, OneOpIdIsShownOnce) {
  Version first = sibling("a", 5, "v");
  Version retry = sibling("b", 9, "v");
  first.op_id = retry.op_id = OpId{1};
  EXPECT_EQ(view(holding({first, retry})).siblings.size(), 1u);
}

TEST(ReadView, CollapsedSiblingsShowTheWinnerAlone) {
  const GetResult result = view(holding({sibling("a", 5, "v"), sibling("b", 9, "w")}), first_wins, true);
  ASSERT_EQ(result.siblings.size(), 1u);
  EXPECT_EQ(result.siblings[0].value, "v");
  EXPECT_EQ(result.resolved.winner, 0u);
}

TEST(ReadView, AWinningTombstoneIsShownAsOne) {
  Version removal = sibling("a", 5, "");
  removal.tombstone = true;
  EXPECT_TRUE(view(holding({removal, sibling("b", 9, "w")})).resolved.tombstone);
  EXPECT_FALSE(view(holding({removal, sibling("b", 9, "w")}), first_wins, true).found);
}

// A resolver that is at fault hides nothing.
TEST(ReadView, AFaultyResolverLeavesTheNewestInSight) {
  const Record record = holding({sibling("a", 5, "v"), sibling("b", 9, "w")});
  for (const Keyspace::Resolve& faulty :
       {Keyspace::Resolve([](auto, auto) -> Result<Resolution> { return Status(Code::internal, "threw"); }),
        Keyspace::Resolve([](auto, auto) -> Result<Resolution> {
          Resolution beyond;
          beyond.winner = 7;
          return beyond;
        })}) {
    const GetResult result = view(record, faulty);
    EXPECT_TRUE(result.found);
    EXPECT_EQ(result.siblings.size(), 2u);
    EXPECT_EQ(result.resolved.winner, 1u);
    EXPECT_EQ(result.resolved.resolved_by, "fault");
  }
}

}  // namespace
}  // namespace stator
