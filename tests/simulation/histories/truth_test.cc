#include "tests/simulation/histories/truth.h"

#include <gtest/gtest.h>

namespace stator::simulation {
namespace {

class TruthTest : public ::testing::Test {
 protected:
  Version version(std::size_t write) {
    Version version;
    version.dot = {{"node-a", {1}}, write + 1};
    version.tombstone = truth_.is_removal(write);
    version.op_id = truth_.op_of(write);
    if (!version.tombstone) version.value = truth_.value_of(write);
    return version;
  }
  Record record(const std::vector<std::size_t>& writes) {
    Record record;
    for (std::size_t write : writes) record.versions.push_back(version(write));
    return record;
  }
  std::size_t write(const std::vector<std::size_t>& seen, bool acknowledged = true) {
    const std::size_t made = truth_.begin_write({.seen = truth_.seen_in(record(seen).versions)});
    truth_.end_write(made, acknowledged);
    return made;
  }
  Truth truth_{{"key", 7}};
};

TEST(WriteSets, KnowTheLastWriteOfAWordToo) {
  WriteSet all;
  WriteSet some;
  for (std::size_t write : {0, 63, 64, 127}) all.add(write);
  some.add(64);
  EXPECT_EQ(all.without(some), (std::vector<std::size_t>{0, 63, 127}));
}

TEST_F(TruthTest, KnowsItsWritesByValueAndByOpId) {
  const std::size_t first = write({});
  Version plain = version(first);
  plain.op_id.reset();
  EXPECT_EQ(truth_.write_of(plain), first);
  EXPECT_EQ(truth_.write_of(version(first)), first);
  plain.value += "!";
  EXPECT_EQ(truth_.write_of(plain), std::nullopt);
  EXPECT_NE(truth_.judge_versions({plain}), std::nullopt);
}

TEST_F(TruthTest, WhatWasReplacedBySomebodyWhoSawItMayBeGone) {
  const std::size_t first = write({});
  const std::size_t second = write({first});
  const std::size_t third = write({second});
  EXPECT_EQ(truth_.judge_healed(record({third}), false), std::nullopt);
  EXPECT_NE(truth_.judge_healed(record({second}), false), std::nullopt) << "the third is lost";
  EXPECT_NE(truth_.judge_healed(record({first, third}), false), std::nullopt) << "the first is back";
}

TEST_F(TruthTest, SiblingsMustBothStay) {
  const std::size_t first = write({});
  const std::size_t one = write({first});
  const std::size_t other = write({first});
  EXPECT_EQ(truth_.judge_healed(record({one, other}), false), std::nullopt);
  EXPECT_NE(truth_.judge_healed(record({one}), false), std::nullopt);
}

TEST_F(TruthTest, WhatWasNotAcknowledgedMayBeLostOrNot) {
  const std::size_t first = write({});
  const std::size_t unsure = write({first}, false);
  EXPECT_EQ(truth_.judge_healed(record({first}), false), std::nullopt);
  EXPECT_EQ(truth_.judge_healed(record({unsure}), false), std::nullopt);
}

TEST_F(TruthTest, ABlindWriteMayHaveReplacedWhatItMet) {
  const std::size_t first = write({});
  const std::size_t blind = truth_.begin_write({.blind = true});
  truth_.end_write(blind, true);
  EXPECT_EQ(truth_.judge_healed(record({blind}), false), std::nullopt);
  EXPECT_EQ(truth_.judge_healed(record({first, blind}), false), std::nullopt);
  const std::size_t later = write({});
  EXPECT_NE(truth_.judge_healed(record({blind}), false), std::nullopt) << "nobody replaced " << later;
}

TEST_F(TruthTest, ACollectedRemovalIsForgottenWithAllItReplaced) {
  const std::size_t first = write({});
  const std::size_t removal = truth_.begin_write({.seen = truth_.seen_in(record({first}).versions), .removal = true});
  truth_.end_write(removal, true);
  EXPECT_NE(truth_.judge_healed({}, false), std::nullopt);
  EXPECT_EQ(truth_.judge_healed({}, true), std::nullopt);
  EXPECT_NE(truth_.judge_healed(record({first}), true), std::nullopt) << "a deleted key is back";
  const std::size_t again = write({removal});
  EXPECT_NE(truth_.judge_healed({}, true), std::nullopt) << "write " << again << " made the key anew";
}

TEST_F(TruthTest, AReadShowsNothingThatARemovalReplacedEvenIfTheRemovalIsForgotten) {
  const std::size_t first = write({});
  const std::size_t removal = truth_.begin_write({.seen = truth_.seen_in(record({first}).versions), .removal = true});
  truth_.end_write(removal, true);
  const WriteSet before = truth_.acknowledged();
  EXPECT_EQ(truth_.judge_fresh({}, before, true), std::nullopt);
  EXPECT_NE(truth_.judge_fresh({}, before, false), std::nullopt);
  EXPECT_NE(truth_.judge_fresh(record({first}).versions, before, true), std::nullopt);
  const std::size_t again = write({removal});
  EXPECT_NE(truth_.judge_fresh({}, truth_.acknowledged(), true), std::nullopt) << again << " made the key anew";
}

TEST_F(TruthTest, AValueEndsByItselfWhenItsTimeIsOver) {
  const std::size_t brief = truth_.begin_write({.ttl_ms = 100});
  truth_.end_write(brief, true);
  Version shown = version(brief);
  shown.stamp = Stamp::from_millis(1000);
  EXPECT_EQ(truth_.write_of(shown), std::nullopt) << "it has no end";
  shown.expires = Stamp::from_millis(1100);
  EXPECT_EQ(truth_.write_of(shown), brief);
  EXPECT_EQ(truth_.judge_expiry({shown}, 1099), std::nullopt);
  EXPECT_NE(truth_.judge_expiry({shown}, 1100), std::nullopt);
  shown.tombstone = true;
  EXPECT_EQ(truth_.write_of(shown), brief) << "it is shown as removed then";
  EXPECT_EQ(truth_.judge_expiry({shown}, 1100), std::nullopt);
  shown.expires = Stamp::from_millis(1101);
  EXPECT_EQ(truth_.write_of(shown), std::nullopt) << "somebody has moved its end";
  EXPECT_EQ(truth_.judge_healed({}, true), std::nullopt);
  const std::size_t lasting = truth_.begin_write({.ttl_ms = Truth::kForEver});
  truth_.end_write(lasting, true);
  EXPECT_NE(truth_.judge_healed({}, true), std::nullopt);
}

TEST_F(TruthTest, AReadMustKnowWhatWasAcknowledgedBefore) {
  const std::size_t first = write({});
  const WriteSet before = truth_.acknowledged();
  const std::size_t second = write({first});
  EXPECT_EQ(truth_.judge_fresh(record({first}).versions, before), std::nullopt);
  EXPECT_EQ(truth_.judge_fresh(record({second}).versions, before), std::nullopt);
  EXPECT_NE(truth_.judge_fresh(record({first}).versions, truth_.acknowledged()), std::nullopt);
}

TEST_F(TruthTest, ASignedWriteReplacesWhatItsClientSaw) {
  const std::size_t first = write({});
  const std::size_t second = write({first});
  EXPECT_EQ(truth_.judge_signed(second, record({second})), std::nullopt);
  EXPECT_NE(truth_.judge_signed(second, record({first, second})), std::nullopt);
  EXPECT_NE(truth_.judge_signed(second, record({first})), std::nullopt);
}

}  // namespace
}  // namespace stator::simulation
