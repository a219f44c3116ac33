#include "kernel/causality/delta.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <utility>

#include "kernel/causality/head.h"
#include "tests/causality/generators.h"
#include "tests/golden/golden.h"

namespace stator {
namespace {

Version item(Dot dot, const std::string& value) {
  Version version;
  version.dot = std::move(dot);
  version.stamp = {version.dot.actor.epoch.bits + version.dot.counter};
  version.value = value;
  return version;
}

Dot dot(const std::string& node, std::uint64_t counter) { return {{node, Stamp::from_millis(1)}, counter}; }

/// Of these items, all that came before them seen and gone.
Record record_of(const std::vector<Version>& items) {
  Record record;
  record.versions = items;
  for (const Version& version : items) record.context.add(version.dot);
  return record;
}

/// Items of those dots, which go.
std::vector<Version> gone(const std::vector<Dot>& dots) {
  std::vector<Version> versions;
  for (const Dot& dot : dots) versions.push_back(item(dot, encode_item("field", "old")));
  return versions;
}

Delta any_delta() {
  std::vector<Version> added;
  Dot next{generators::actor(generators::below(9)), 1 + generators::below(300)};
  for (std::uint64_t left = 1 + generators::below(3); left > 0; --left, ++next.counter) {
    added.push_back(generators::any_version());
    added.back().dot = next;
  }
  std::set<Dot> replaced;
  for (std::uint64_t left = generators::below(5); left > 0; --left) replaced.insert(generators::dot());
  std::erase_if(replaced,
                [&](const Dot& each) { return each.actor == next.actor && each.counter >= added.front().dot.counter; });
  std::vector<OpResult> ops;
  if (generators::below(2) == 0) ops.push_back({generators::op_id(7), Stamp{5}, added.back().dot});
  return make_delta(std::move(added), gone({replaced.begin(), replaced.end()}), std::move(ops));
}

/// The law for any bytes at all: they are an error, or the one encoding of what they decode to.
void expect_error_or_canonical(BytesView bytes) {
  const Result<Delta> decoded = decode_delta(bytes);
  if (decoded.is_ok()) RC_ASSERT(encode_delta(*decoded) == bytes);
}

RC_GTEST_PROP(DeltaCodec, DecodesWhatItEncoded, ()) {
  const Delta delta = any_delta();
  const Result<Delta> decoded = decode_delta(encode_delta(delta));
  RC_ASSERT(decoded.is_ok());
  RC_ASSERT(*decoded == delta);
}

RC_GTEST_PROP(DeltaCodec, AnyBytesAreAnErrorOrADeltaThatEncodesToThem, (const std::string& bytes)) {
  expect_error_or_canonical(bytes);
  expect_error_or_canonical('\2' + bytes);
}

RC_GTEST_PROP(DeltaCodec, MutatedEncodingsAreAnErrorOrCanonical, ()) {
  Bytes bytes = encode_delta(any_delta());
  const std::size_t at = generators::below(bytes.size());
  switch (generators::below(4)) {
    case 0: bytes[at] = *rc::gen::arbitrary<char>(); break;
    case 1: bytes.erase(at, 1); break;
    case 2: bytes.insert(at, 1, *rc::gen::arbitrary<char>()); break;
    default: bytes.resize(at); break;
  }
  expect_error_or_canonical(bytes);
}

TEST(DeltaCodec, TakesOnlyTheExactCloud) {
  const auto refused = [](Delta delta) { return !decode_delta(encode_delta(delta)).is_ok(); };
  const Delta sound =
      make_delta({item(dot("a", 4), "x"), item(dot("a", 5), "y")}, gone({dot("a", 2), dot("b", 7)}), {});
  EXPECT_FALSE(refused(sound));
  Delta more = sound;
  more.change.context.add(dot("c", 1));
  EXPECT_TRUE(refused(more)) << "an actor of whom no dot is there";
  more = sound;
  more.change.context.add(dot("b", 8));
  EXPECT_TRUE(refused(more)) << "a counter that no dot has";
  Delta gap = make_delta({item(dot("a", 4), "x"), item(dot("a", 6), "y")}, {}, {});
  EXPECT_TRUE(refused(gap));
  EXPECT_TRUE(refused(make_delta({item(dot("a", 4), "x"), item(dot("b", 5), "y")}, {}, {}))) << "two actors";
  EXPECT_TRUE(refused(make_delta({}, gone({dot("a", 2)}), {}))) << "nothing added";
  EXPECT_TRUE(refused(make_delta({item(dot("a", 4), "x")}, gone({dot("a", 4)}), {}))) << "replaces itself";
  Delta unordered = make_delta({item(dot("a", 4), "x")}, gone({dot("b", 1), dot("b", 2)}), {});
  std::swap(unordered.replaced[0], unordered.replaced[1]);
  EXPECT_TRUE(refused(unordered)) << "not in order";
  EXPECT_TRUE(refused(make_delta({item(dot("a", 4), "x")}, gone({dot("b", 1), dot("b", 1)}), {}))) << "twice";
  Delta other_op =
      make_delta({item(dot("a", 4), "x")}, gone({dot("b", 2)}), {{generators::op_id(1), Stamp{5}, dot("b", 2)}});
  EXPECT_TRUE(refused(other_op)) << "the op id of another operation";
}

TEST(DeltaCodec, AnotherFormatIsRefusedByItsNumber) {
  Bytes bytes = encode_delta(make_delta({item(dot("a", 4), "x")}, {}, {}));
  bytes[0] = '\3';
  EXPECT_NE(decode_delta(bytes).status().message().find("its format is 3, this program reads 2"), std::string::npos);
}

// Nodes of different versions send them to each other.
TEST(DeltaCodec, WritesAndReadsAsEver) {
  Version brief = item({{"node-a", Stamp::from_millis(1'700'000'000'000)}, 300}, "milk");
  brief.expires = Stamp::from_millis(1'700'000'060'000);
  const Dot old{{"node-b", Stamp::from_millis(1'600'000'000'000)}, 2};
  const Delta delta = make_delta({brief}, gone({old}), {{generators::op_id(200), brief.stamp, brief.dot}});
  const golden::Comparison golden = golden::compare("delta.replace.hex", golden::to_hex(encode_delta(delta)));
  EXPECT_EQ(golden.actual, golden.expected);
  const Result<Delta> read = decode_delta(golden::from_hex(golden.expected));
  ASSERT_TRUE(read.is_ok());
  EXPECT_EQ(*read, delta);
}

TEST(DeltaBase, IsThereWhereTheDotsLeaveNoGapAndAllThatGoesWasSeen) {
  const Record here = record_of({item(dot("a", 3), "x"), item(dot("b", 2), "y")});
  const auto builds_on = [&](std::uint64_t counter, const std::vector<Dot>& replaced) {
    return has_base(here, make_delta({item(dot("a", counter), "z")}, gone(replaced), {}));
  };
  EXPECT_TRUE(builds_on(4, {}));
  EXPECT_FALSE(builds_on(5, {}));
  EXPECT_TRUE(builds_on(3, {})) << "is here already";
  EXPECT_TRUE(builds_on(4, {dot("a", 3), dot("b", 1)}));
  EXPECT_FALSE(builds_on(4, {dot("b", 3)}));
  EXPECT_FALSE(builds_on(4, {dot("c", 1)}));
  EXPECT_TRUE(has_base(here, make_delta({item(dot("c", 1), "z")}, {}, {}))) << "the first of a new epoch";
  Record collected;
  collected.context = here.context;
  EXPECT_FALSE(has_base(collected, make_delta({item(dot("a", 4), "z")}, {}, {})));
}

TEST(DeltaJoin, ReplacesExactlyWhatItNames) {
  const Record here = record_of({item(dot("a", 1), "x"), item(dot("a", 3), "y"), item(dot("b", 2), "z")});
  const Delta delta = make_delta({item(dot("a", 4), "w")}, gone({dot("a", 3)}), {});
  MergeReport report;
  const Record joined = join(here, delta, &report);
  EXPECT_EQ(joined, record_of({item(dot("a", 1), "x"), item(dot("a", 4), "w"), item(dot("b", 2), "z")}));
  EXPECT_EQ(report.dropped, 1u);
  EXPECT_EQ(join(joined, delta), joined) << "a second time";
}

TEST(DeltaJoin, DoesNotBringBackWhatWasReplacedSince) {
  const Delta delta = make_delta({item(dot("a", 2), "y")}, {}, {});
  Record later = record_of({item(dot("a", 3), "z")});
  EXPECT_EQ(join(later, delta), later);
}

TEST(DeltaJoin, TellsOfADotWithTwoContents) {
  const Record here = record_of({item(dot("a", 1), "x")});
  MergeReport report;
  const Record joined = join(here, make_delta({item(dot("a", 1), "other")}, {}, {}), &report);
  EXPECT_TRUE(report.corrupt);
  EXPECT_EQ(joined, merge(here, record_of({item(dot("a", 1), "other")}))) << "as every replica settles it";
}

}  // namespace
}  // namespace stator
