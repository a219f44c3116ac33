#include "kernel/node/agreements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

KeyspaceSettings settings(const std::string& siblings) { return {{"n", "3"}, {"siblings", siblings}}; }

/// What a node of these settings says of itself.
Hello hello(const std::string& node, const std::map<std::string, KeyspaceSettings>& keyspaces) {
  Hello made;
  made.node = node;
  made.keyspaces = Agreements(keyspaces).fingerprints();
  made.settings = keyspaces;
  return made;
}

Status verdict(const Agreements& agreements, std::size_t members, const std::string& keyspace = "default") {
  return agreements.may_serve(keyspace, [&] { return members; });
}

struct AgreementsTest : testing::Test {
  Agreements own{{{"default", settings("keep")}, {"carts", settings("keep")}}};
  const Hello equal_b = hello("node-b", {{"default", settings("keep")}, {"carts", settings("keep")}});
  static Hello odd(const std::string& node) {
    return hello(node, {{"default", settings("collapse")}, {"carts", settings("keep")}});
  }
};

TEST_F(AgreementsTest, WhoTakesDeltasIsKnownFromTheLastMeeting) {
  EXPECT_FALSE(own.takes_deltas("node-b"));
  own.meet(equal_b);
  EXPECT_TRUE(own.takes_deltas("node-b"));
  EXPECT_FALSE(own.takes_deltas("node-c"));
  Hello older = equal_b;
  older.deltas = false;
  own.meet(older);
  EXPECT_FALSE(own.takes_deltas("node-b"));
}

TEST_F(AgreementsTest, OfEqualSettingsNothingIsSaid) {
  EXPECT_THAT(own.meet(equal_b), IsEmpty());
  EXPECT_FALSE(own.differs("node-b", "default"));
  EXPECT_THAT(own.differences("default"), IsEmpty());
  EXPECT_TRUE(verdict(own, 3).is_ok());
}

TEST_F(AgreementsTest, ADifferenceIsNamedWithBothSides) {
  EXPECT_THAT(own.meet(odd("node-b")),
              ElementsAre("keyspace default has other settings or plugins on node-b than here (siblings: keep here, "
                          "collapse there): refused between the two"));
  EXPECT_TRUE(own.differs("node-b", "default"));
  EXPECT_FALSE(own.differs("node-b", "carts"));
  EXPECT_FALSE(own.differs("node-c", "default"));
  EXPECT_THAT(own.differences("default").at("node-b"), ElementsAre(Difference{"siblings", "keep", "collapse"}));
}

TEST_F(AgreementsTest, WhatOnlyOneSideHasIsADifference) {
  Hello more = equal_b;
  KeyspaceSettings with_option = settings("keep");
  with_option["resolver.order"] = "text";
  more = hello("node-b", {{"default", with_option}});
  EXPECT_THAT(own.meet(more), ElementsAre(HasSubstr("resolver.order: not set here, text there")));
  with_option.erase("resolver.order");
  with_option.erase("n");
  EXPECT_THAT(own.meet(hello("node-b", {{"default", with_option}})),
              ElementsAre(HasSubstr("n: 3 here, not set there")));
}

TEST_F(AgreementsTest, ANodeThatDoesNotSayItsSettingsDiffersAllTheSame) {
  Hello silent = odd("node-b");
  silent.settings.clear();
  EXPECT_THAT(own.meet(silent), SizeIs(1));
  EXPECT_TRUE(own.differs("node-b", "default"));
}

TEST_F(AgreementsTest, AKeyspaceThatOnlyOneHasIsNoDifference) {
  EXPECT_THAT(own.meet(hello("node-b", {{"default", settings("keep")}, {"theirs", settings("keep")}})), IsEmpty());
}

TEST_F(AgreementsTest, ANewMeetingReplacesTheLast) {
  own.meet(odd("node-b"));
  own.meet(equal_b);
  EXPECT_FALSE(own.differs("node-b", "default"));
  EXPECT_THAT(own.differences("default"), IsEmpty());
}

TEST_F(AgreementsTest, TheOddOneOutIsWhomMoreThanHalfContradict) {
  own.meet(odd("node-b"));
  EXPECT_TRUE(verdict(own, 3).is_ok()) << "node-b may be the odd one";
  EXPECT_TRUE(verdict(own, 2).is_ok()) << "of two neither is";
  own.meet(odd("node-c"));
  EXPECT_FALSE(verdict(own, 3).is_ok());
  EXPECT_TRUE(verdict(own, 4).is_ok());
  EXPECT_TRUE(verdict(own, 3, "carts").is_ok());
  const Status refused = verdict(own, 3);
  EXPECT_EQ(refused.code(), Code::unavailable);
  EXPECT_EQ(refused.message(),
            "keyspace default is refused here: 2 of 3 nodes have other settings of it, such as node-b (siblings: keep "
            "here, collapse there)");
  own.meet(equal_b);
  EXPECT_TRUE(verdict(own, 3).is_ok());
}

}  // namespace
}  // namespace stator
