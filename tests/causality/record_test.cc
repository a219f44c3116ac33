#include "kernel/causality/record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "kernel/causality/record_codec.h"
#include "tests/causality/generators.h"

namespace stator {
namespace {

using generators::Contents;
using generators::version_of;

Record any_record() { return generators::record(*rc::gen::element(Contents::agreed, Contents::arbitrary)); }

Dot dot(const std::string& node, std::uint64_t counter) { return {{node, Stamp::from_millis(1)}, counter}; }

Record holding(const std::vector<Dot>& dots) {
  Record record;
  for (const Dot& each : dots) {
    record.versions.push_back(version_of(each));
    record.context.add(each);
  }
  return record;
}

RC_GTEST_PROP(Merge, IsCommutative, ()) {
  const Record a = any_record();
  const Record b = any_record();
  RC_ASSERT(encode_record(merge(a, b)) == encode_record(merge(b, a)));
}

RC_GTEST_PROP(Merge, IsAssociative, ()) {
  const Record a = any_record();
  const Record b = any_record();
  const Record c = any_record();
  RC_ASSERT(encode_record(merge(merge(a, b), c)) == encode_record(merge(a, merge(b, c))));
}

RC_GTEST_PROP(Merge, IsIdempotent, ()) {
  const Record a = any_record();
  const Record b = any_record();
  RC_ASSERT(merge(a, a) == a);
  const Record both = merge(a, b);
  RC_ASSERT(merge(both, b) == both);
  RC_ASSERT(merge(a, both) == both);
}

RC_GTEST_PROP(Merge, KeepsTheInvariantsOfARecord, ()) {
  const Record merged = merge(any_record(), any_record());
  for (std::size_t i = 0; i < merged.versions.size(); ++i) {
    RC_ASSERT(merged.context.covers(merged.versions[i].dot));
    RC_ASSERT((i == 0 || merged.versions[i - 1].dot < merged.versions[i].dot));
  }
  RC_ASSERT(merged.ops.size() <= Record::kMaxOps);
  for (std::size_t i = 0; i < merged.ops.size(); ++i) {
    RC_ASSERT(merged.context.covers(merged.ops[i].dot));
    RC_ASSERT((i == 0 || merged.ops[i - 1].op < merged.ops[i].op));
  }
}

RC_GTEST_PROP(Merge, KeepsAVersionUnlessTheOtherSideSawItReplaced, ()) {
  const Record a = generators::record(Contents::agreed);
  const Record b = generators::record(Contents::agreed);
  MergeReport report;
  const Record merged = merge(a, b, &report);
  std::size_t dropped = 0;
  const auto check = [&](const Record& one, const Record& other) {
    for (const Version& version : one.versions) {
      const bool replaced = other.context.covers(version.dot) && other.find(version.dot) == nullptr;
      RC_ASSERT((merged.find(version.dot) == nullptr) == replaced);
      dropped += replaced ? 1 : 0;
    }
  };
  check(a, b);
  check(b, a);
  for (const Version& version : merged.versions) RC_ASSERT((a.find(version.dot) || b.find(version.dot)));
  RC_ASSERT(report.dropped == dropped);
  RC_ASSERT(!report.corrupt);
}

RC_GTEST_PROP(Merge, ReportsOneDotWithTwoContentsAndSettlesItAlike, ()) {
  const Record a = generators::record(Contents::arbitrary);
  RC_PRE(!a.versions.empty());
  Record damaged = a;
  damaged.versions.front().stamp.bits ^= 1;
  MergeReport report;
  const Record settled = merge(a, damaged, &report);
  RC_ASSERT(report.corrupt);
  RC_ASSERT(settled == merge(damaged, a));
  RC_ASSERT(merge(settled, a) == settled);
}

TEST(Merge, KeepsTheNewestOfMoreThanThirtyTwoOps) {
  Record a;
  Record b;
  for (std::uint64_t i = 0; i < 64; ++i) {
    Record& side = i % 2 == 0 ? a : b;
    const Dot made = dot("a", i + 1);
    side.context.add(made);
    side.ops.push_back({generators::op_id(i), Stamp{100 + i}, made});
  }
  const Record merged = merge(a, b);
  ASSERT_EQ(merged.ops.size(), Record::kMaxOps);
  for (const OpResult& op : merged.ops) EXPECT_GE(op.stamp.bits, 132u);
}

TEST(Merge, OfAnOldCopyDoesNotBringBackWhatWasReplaced) {
  const Record old = holding({dot("a", 1)});
  Record newer = holding({dot("b", 1)});
  newer.context.add(dot("a", 1));
  EXPECT_EQ(merge(old, newer), newer);
}

RC_GTEST_PROP(BringsValue, IfAndOnlyIfTheMergeHasAValueThatWasNotHere, ()) {
  const Record here = generators::record(Contents::agreed);
  const Record arrived = generators::record(Contents::agreed);
  const Record merged = merge(here, arrived);
  const bool any_new = std::any_of(merged.versions.begin(), merged.versions.end(), [&](const Version& version) {
    return !version.tombstone && here.find(version.dot) == nullptr;
  });
  RC_ASSERT(brings_value(here, arrived) == any_new);
}

TEST(VisibleVersions, ShowOneWriteOnceHoweverManyCoordinatorsTookIt) {
  Record record = holding({dot("a", 1), dot("b", 1), dot("c", 1)});
  record.versions[1].op_id = generators::op_id(7);
  record.versions[2].op_id = generators::op_id(7);
  const std::vector<Version> visible = visible_versions(record);
  ASSERT_EQ(visible.size(), 2u);
  EXPECT_EQ(visible[0].dot, dot("a", 1));
  EXPECT_EQ(visible[1].dot, dot("b", 1));
}

TEST(Record, IsLiveWhileAnyVersionIsAValue) {
  EXPECT_FALSE(Record().live());
  EXPECT_FALSE(holding({dot("a", 2)}).live());  // counter 2 makes a tombstone
  EXPECT_TRUE(holding({dot("a", 1), dot("b", 2)}).live());
}

}  // namespace
}  // namespace stator
