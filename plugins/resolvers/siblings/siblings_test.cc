#include <gtest/gtest.h>

#include "stator/testing/made_resolver.h"
#include "stator/testing/resolver_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

std::unique_ptr<Resolver> make() {
  Status why;
  return testing::made_resolver(stator_plugin, {}, why);
}

[[maybe_unused]] const bool kRegistered = testing::register_resolver_laws("SiblingsLaws", {.make = make});

TEST(Siblings, PicksNothingAndMakesNothing) {
  const Resolution resolution =
      make()->resolve("key", std::vector{testing::version_of("a", 2, "v"), testing::removal_of("b", 1)});
  EXPECT_TRUE(resolution.unresolved);
  EXPECT_FALSE(resolution.winner);
  EXPECT_FALSE(resolution.tombstone);
  EXPECT_EQ(resolution.value, "");
  EXPECT_EQ(resolution.resolved_by, "siblings");
}

}  // namespace
}  // namespace stator
