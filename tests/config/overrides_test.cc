#include "kernel/config/overrides.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/config_test_support.h"

namespace stator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ParsedConfig with_sets(const std::vector<std::string>& sets, const std::vector<std::string>& environment = {}) {
  Problems problems;
  std::vector<Override> overrides = environment_overrides(environment);
  for (const std::string& set : sets) add_set_override(set, overrides, problems);
  ParsedConfig parsed = parse_config(test_file("contract.toml"), "c.toml", overrides);
  parsed.problems.insert(parsed.problems.begin(), problems.begin(), problems.end());
  return parsed;
}

std::vector<std::string> problems_with(const std::vector<std::string>& sets,
                                       const std::vector<std::string>& environment = {}) {
  return problem_texts(with_sets(sets, environment).problems);
}

TEST(Overrides, TheCommandLineHasTheLastWord) {
  ParsedConfig parsed =
      with_sets({"keyspace.default.r=3"},
                {"STATOR__KEYSPACE__DEFAULT__R=1", "STATOR__KEYSPACE__DEFAULT__W=1", "STATOR_KEYSPACE=1", "PATH=/bin"});
  EXPECT_EQ(report(parsed.problems), "");
  EXPECT_EQ(parsed.config.keyspace("default")->quorum.r, 3);
  EXPECT_EQ(parsed.config.keyspace("default")->quorum.w, 1);
}

TEST(Overrides, MayAddTablesThatHaveNoName) {
  ParsedConfig parsed = with_sets({"server.threads=2", "log.level=debug", "plugins.path=[\"/a\", \"/b\"]"});
  EXPECT_EQ(report(parsed.problems), "");
  EXPECT_EQ(parsed.config.server.threads, 2);
  EXPECT_EQ(parsed.config.log.level, LogLevel::debug);
  EXPECT_THAT(parsed.config.plugin_path, ElementsAre("/a", "/b"));
}

TEST(Overrides, ReachNodesByIdAndByPlace) {
  ParsedConfig parsed = with_sets({"node.node-b.data_dir=/b", "node.0.listen.http=10.0.0.1:80", "node.2.zone=z"});
  EXPECT_EQ(report(parsed.problems), "");
  EXPECT_EQ(parsed.config.nodes[1].data_dir, "/b");
  EXPECT_EQ(parsed.config.nodes[0].address("http"), "10.0.0.1:80");
  EXPECT_EQ(parsed.config.nodes[2].zone, "z");
}

TEST(Overrides, NeedNoQuotesWhereATextIsWanted) {
  ParsedConfig parsed =
      with_sets({"cluster.id=17", "cluster.secret=true", "keyspace.default.timeout=2s", "plugins.path=/one",
                 "keyspace.default.max_value_bytes=64KiB", "healing.repair_cpu_share=5%"});
  EXPECT_EQ(report(parsed.problems), "");
  EXPECT_EQ(parsed.config.cluster.id, "17");
  EXPECT_EQ(parsed.config.cluster.secret, "true");
  EXPECT_EQ(parsed.config.healing.repair_cpu_share, 0.05);
  EXPECT_EQ(parsed.config.keyspace("default")->limits.timeout, std::chrono::seconds(2));
  EXPECT_EQ(parsed.config.keyspace("default")->limits.max_value_bytes, 64u << 10);
  EXPECT_THAT(parsed.config.plugin_path, ElementsAre("/one"));
}

TEST(Overrides, ANameThatTheFileDoesNotHaveIsToldWithWhatWasMeant) {
  EXPECT_THAT(
      problems_with({"keyspace.defualt.r=1"}),
      ElementsAre(
          "--set keyspace.defualt.r: keyspace.defualt: found a name that the file does not have, allowed: carts or "
          "default; did you mean \"default\"?"));
  EXPECT_THAT(
      problems_with({"node.node-d.zone=z"}),
      ElementsAre(
          "--set node.node-d.zone: node.node-d: found a name that the file does not have, allowed: node-a, node-b or "
          "node-c; did you mean \"node-a\"?"));
}

TEST(Overrides, AMistakeNamesTheOverride) {
  EXPECT_THAT(problems_with({"keyspace.default.r=4", "keyspace.default.rr=1", "serve.threads=1"}),
              ElementsAre(HasSubstr("--set serve.threads: serve: found an unknown key"),
                          "--set keyspace.default.r: keyspace.default.r: found 4, allowed: 1 to 3 (n)",
                          HasSubstr("--set keyspace.default.rr: keyspace.default.rr: found an unknown key")));
  EXPECT_THAT(
      problems_with({}, {"STATOR__KEYSPACE__CARTS__N=9"}),
      ElementsAre("STATOR__KEYSPACE__CARTS__N: keyspace.carts.n: found 9, allowed: 1 to 3 (the number of nodes)"));
}

TEST(Overrides, AnythingButKeyAndValueIsRefused) {
  for (const char* typed : {"keyspace.default.r", "=1", "a..b=1", ""}) {
    EXPECT_THAT(problems_with({typed}), ElementsAre(HasSubstr("allowed: KEY=VALUE"))) << typed;
  }
}

TEST(Overrides, ALineBreakSmugglesNothingIn) {
  ParsedConfig parsed = with_sets({"cluster.secret=1\nother = 2"});
  EXPECT_EQ(parsed.config.cluster.secret, "1\nother = 2");
  EXPECT_THAT(parsed.problems, IsEmpty());
}

TEST(Overrides, AWholeTableCannotBeReplacedByAValue) {
  EXPECT_THAT(problems_with({"keyspace.default=1"}),
              ::testing::Contains("--set keyspace.default: keyspace.default: found 1, allowed: a table"));
  EXPECT_FALSE(problems_with({"node=1"}).empty());
  EXPECT_FALSE(problems_with({"node.0=1"}).empty());
}

}  // namespace
}  // namespace stator
