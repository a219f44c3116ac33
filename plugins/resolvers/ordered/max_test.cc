#include <gtest/gtest.h>

#include "stator/testing/made_resolver.h"
#include "stator/testing/resolver_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

using testing::removal_of;
using testing::version_of;

std::unique_ptr<Resolver> make(const std::string& order) {
  Status why;
  auto made = testing::made_resolver(stator_plugin, Config("mine", {{"order", order}}), why);
  if (made == nullptr) ADD_FAILURE() << why.text();
  return made;
}

[[maybe_unused]] const bool kRegistered[] = {
    testing::register_resolver_laws("MaxOfNumbersLaws", {.make = [] { return make("number"); }, .total_order = true}),
    testing::register_resolver_laws("MaxOfTextsLaws", {.make = [] { return make("text"); }, .total_order = true}),
    testing::register_resolver_laws("MaxOfBytesLaws", {.make = [] { return make("bytes"); }, .total_order = true})};

/// The value that wins, "(removed)" if that is a removal.
Bytes winner(const std::string& order, const std::vector<Version>& siblings) {
  const Resolution resolution = make(order)->resolve("key", siblings);
  EXPECT_EQ(resolution.resolved_by, "max");
  return resolution.tombstone ? "(removed)" : siblings[resolution.winner.value()].value;
}

TEST(Max, TheGreatestValueWins) {
  const std::vector<Version> siblings{version_of("a", 7, "10"), version_of("b", 6, "9"), version_of("c", 5, "-11")};
  EXPECT_EQ(winner("number", siblings), "10");
  EXPECT_EQ(winner("text", siblings), "9");
  EXPECT_EQ(winner("bytes", siblings), "9");
}

TEST(Max, WhatIsNoNumberLosesAgainstEveryNumber) {
  EXPECT_EQ(winner("number", {version_of("a", 7, "zebra"), version_of("b", 6, "1"), version_of("c", 8, "")}), "1");
  EXPECT_EQ(winner("number", {version_of("a", 7, "NaN"), version_of("b", 6, "apple")}), "apple") << "by their bytes";
}

TEST(Max, WhatIsNoUtf8LosesAgainstEveryText) {
  EXPECT_EQ(winner("text", {version_of("a", 7, "\xff"), version_of("b", 6, "m"), version_of("c", 5, "\xc0\x80")}), "m");
  EXPECT_EQ(winner("bytes", {version_of("a", 7, "\xff"), version_of("b", 6, "m")}), "\xff");
}

TEST(Max, ARemovalLosesAgainstEveryValue) {
  EXPECT_EQ(winner("number", {removal_of("a", 9), version_of("b", 6, "-5")}), "-5");
  EXPECT_EQ(winner("number", {removal_of("a", 9), version_of("b", 6, "no number")}), "no number");
  EXPECT_EQ(winner("bytes", {removal_of("a", 9), version_of("b", 6, "")}), "");
  EXPECT_EQ(winner("bytes", {removal_of("a", 9), removal_of("b", 6)}), "(removed)");
}

TEST(Max, OfEqualValuesTheNewerStampWinsAndThenTheGreaterDot) {
  EXPECT_EQ(winner("number", {version_of("a", 6, "1"), version_of("b", 7, "1.0"), version_of("c", 5, "1e0")}), "1.0");
  const std::vector<Version> tied{version_of("b", 6, "1.0"), version_of("a", 6, "1")};
  EXPECT_EQ(winner("number", tied), "1.0");
}

TEST(Max, HasThreeOrders) {
  Status why;
  EXPECT_EQ(testing::made_resolver(stator_plugin, Config("mine", {{"order", "size"}}), why), nullptr);
  EXPECT_EQ(why.message(), "order is \"size\", not \"number\", \"text\" or \"bytes\"");
}

}  // namespace
}  // namespace stator
