#include <gtest/gtest.h>

#include "stator/testing/made_resolver.h"
#include "stator/testing/resolver_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

std::unique_ptr<stator::Resolver> make() {
  stator::Status why;
  return stator::testing::made_resolver(stator_plugin, {}, why);
}

[[maybe_unused]] const bool kLaws =
    stator::testing::register_resolver_laws("ScaffoldLaws", {.make = make, .total_order = true});

TEST(Scaffold, ShowsTheGreatestValue) {
  const std::vector siblings{stator::testing::version_of("a", 3, "pear"), stator::testing::version_of("b", 1, "plum"),
                             stator::testing::removal_of("c", 2)};
  EXPECT_EQ(make()->resolve("key", siblings).winner, 1u);
}

}  // namespace
