#include <gtest/gtest.h>

#include <memory>

#include "stator/plugin.h"
#include "stator/testing/fake_host.h"
#include "stator/testing/modelled_files.h"
#include "stator/testing/resolver_laws.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator {
namespace {

std::unique_ptr<Resolver> make() {
  testing::ModelledDisk disk;
  testing::ModelledFiles files(disk);
  testing::FakeHost host(files);  // a resolver does not keep it
  Status why;
  void* made = stator_plugin.create(host, Config(), why);
  return std::unique_ptr<Resolver>(static_cast<Resolver*>(made));
}

[[maybe_unused]] const bool kRegistered =
    testing::register_resolver_laws("LwwLaws", {.make = make, .total_order = true});

Version version(const char* node, std::uint64_t counter, std::uint64_t millis) {
  Version made;
  made.dot = {{node, Stamp::from_millis(1)}, counter};
  made.stamp = Stamp::from_millis(millis);
  made.value = node;
  return made;
}

TEST(Lww, TheNewestStampWins) {
  std::vector<Version> siblings{version("a", 9, 5), version("b", 1, 7), version("c", 3, 6)};
  Resolution resolution = make()->resolve("key", siblings);
  EXPECT_EQ(resolution.winner, 1u);
  EXPECT_FALSE(resolution.tombstone);
  EXPECT_EQ(resolution.resolved_by, "LWW");
}

TEST(Lww, TheGreaterDotWinsAmongEqualStamps) {
  EXPECT_EQ(make()->resolve("key", std::vector{version("b", 1, 5), version("a", 9, 5)}).winner, 0u);
  EXPECT_EQ(make()->resolve("key", std::vector{version("a", 1, 5), version("a", 2, 5)}).winner, 1u);
}

TEST(Lww, ATombstoneIsRankedLikeAnyVersion) {
  Version removal = version("a", 1, 6);
  removal.tombstone = true;
  EXPECT_TRUE(make()->resolve("key", std::vector{version("b", 1, 5), removal}).tombstone);
  EXPECT_FALSE(make()->resolve("key", std::vector{version("b", 1, 7), removal}).tombstone);
}

}  // namespace
}  // namespace stator
