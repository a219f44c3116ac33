#include <gtest/gtest.h>

#include "stator/testing/made_resolver.h"
#include "stator/testing/resolver_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

using stator::testing::removal_of;
using stator::testing::version_of;

std::unique_ptr<stator::Resolver> make() {
  stator::Status why;
  return stator::testing::made_resolver(stator_plugin, {}, why);
}

[[maybe_unused]] const bool kLaws =
    stator::testing::register_resolver_laws("LongestLaws", {.make = make, .total_order = true});

TEST(Longest, ShowsTheLongestAndOfThoseTheNewest) {
  const std::vector siblings{version_of("a", 9, "fig"), version_of("b", 1, "plum"), version_of("c", 2, "pear"),
                             removal_of("d", 10)};
  EXPECT_EQ(make()->resolve("key", siblings).winner, 2u);
}

TEST(Longest, ShowsARemovalWhereNothingIsLonger) {
  EXPECT_TRUE(make()->resolve("key", std::vector{version_of("a", 1, ""), removal_of("b", 2)}).tombstone);
}

}  // namespace
