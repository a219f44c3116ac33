#include "kernel/node/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/test_plugins.h"

namespace stator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kGood = R"([cluster]
id = "local"
peer_transport = "link"

[[node]]
id = "node-a"
data_dir = "a"
listen = { http = "127.0.0.1:8081", link = "127.0.0.1:7071" }

[membership.main]
plugin = "forever"
vnodes_per_node = 64

[storage.fast]
plugin = "hole"
depth = 9

[transport.http]
plugin = "front"

[transport.link]
plugin = "carrier"

[keyspace.default]
resolver = "total"
storage = "fast"
membership = "main"
transports = ["http"]
siblings = "collapse"
n = 1
)";

struct PreflightTest : ::testing::Test {
  Preflight run(const std::string& text) {
    line.config = scratch.write("cluster.toml", text);
    return preflight(line, environment, {kFake});
  }
  /// What is wrong with the text, without the directory of the file.
  std::vector<std::string> problems(const std::string& text) {
    std::vector<std::string> texts;
    for (const Problem& problem : run(text).problems) texts.push_back(problem.text());
    for (std::string& each : texts) {
      for (std::size_t at = 0; (at = each.find(scratch.path() + "/")) != std::string::npos;) {
        each.erase(at, scratch.path().size() + 1);
      }
    }
    return texts;
  }
  static std::string with(const std::string& from, const std::string& to) {
    std::string text = kGood;
    return text.replace(text.find(from), from.size(), to);
  }
  Scratch scratch;
  CommandLine line{.config = {}, .node_id = "node-a", .check = false, .sets = {}};
  std::vector<std::string> environment{"HOME=/", "STATOR_OTHER=1"};
};

TEST_F(PreflightTest, AGoodConfigurationIsReadyToStart) {
  Preflight ready = run(kGood);
  EXPECT_EQ(report(ready.problems), "");
  EXPECT_THAT(ready.plugins.instances, SizeIs(5));
  const ReadyInstance* storage = ready.plugins.find("storage", "fast");
  ASSERT_NE(storage, nullptr);
  EXPECT_EQ(storage->plugin->name(), "hole");
  EXPECT_EQ(storage->options.integer("depth"), 9);
  EXPECT_EQ(ready.plugins.find("resolver", "total")->plugin->name(), "total");
  EXPECT_EQ(ready.config.instance("membership", "main")->vnodes_per_node, 64);
  EXPECT_THAT(summary(line, ready), HasSubstr("is good: 1 node, 1 keyspace, 5 plugin instances\n"));
}

TEST_F(PreflightTest, EnvironmentAndCommandLineOverride) {
  environment.emplace_back("STATOR__STORAGE__FAST__DEPTH=10");
  environment.emplace_back("STATOR__KEYSPACE__DEFAULT__TIMEOUT=5s");
  line.sets = {"storage.fast.depth=11"};
  Preflight ready = run(kGood);
  EXPECT_EQ(report(ready.problems), "");
  EXPECT_EQ(ready.plugins.find("storage", "fast")->options.integer("depth"), 11);
  EXPECT_EQ(ready.config.keyspaces[0].limits.timeout, std::chrono::seconds(5));
}

TEST_F(PreflightTest, AnUnknownPluginIsToldWithThoseThereAre) {
  EXPECT_THAT(
      problems(with("\"total\"", "\"totl\"")),
      ElementsAre("cluster.toml:25: keyspace.default.resolver: found \"totl\", an unknown resolver plugin (no file "
                  "stator_resolver_totl.so in " +
                  kFake + "), allowed: ordinary, total or bag; did you mean \"total\"?"));
}

TEST_F(PreflightTest, AKeyspacesResolverMayBeADataType) {
  std::string text = with("\"total\"", "\"bag\"");
  text.replace(text.find("\"collapse\""), 10, "\"keep\"");
  Preflight ready = run(text);
  EXPECT_EQ(report(ready.problems), "");
  const ReadyInstance* bag = ready.plugins.find("resolver", "bag");
  ASSERT_NE(bag, nullptr);
  EXPECT_EQ(bag->plugin->label(), "datatype bag 1.0.0");
  EXPECT_THAT(problems(with("\"total\"", "\"bag\"")),
              ElementsAre(HasSubstr("plugin bag lacks the capability \"total-order\"")));
}

TEST_F(PreflightTest, ARefusedPluginIsToldWithTheRule) {
  std::string text = with("\"total\"", "\"other_abi\"") + "[plugins]\npath = [\"" + kBad + "\", \"" + kFake + "\"]\n";
  EXPECT_THAT(problems(text),
              ElementsAre("cluster.toml:25: keyspace.default.resolver: found \"other_abi\", a plugin that is "
                          "refused (" +
                          kBad + "/stator_resolver_other_abi.so: expected abi 1, found abi 7)"));
}

TEST_F(PreflightTest, CollapseNeedsATotalOrder) {
  EXPECT_THAT(
      problems(with("\"total\"", "\"ordinary\"")),
      ElementsAre(
          "cluster.toml:29: keyspace.default.siblings: found \"collapse\" with resolver \"ordinary\", whose plugin "
          "ordinary lacks the capability \"total-order\", allowed: \"keep\", or a resolver that is a total order"));
}

TEST_F(PreflightTest, TheCarrierNeedsToCarryFrames) {
  EXPECT_THAT(
      problems(with("peer_transport = \"link\"", "peer_transport = \"http\"")),
      ElementsAre("cluster.toml:3: cluster.peer_transport: found transport \"http\", whose plugin front lacks the "
                  "capability \"peers\", allowed: transport link"));
}

TEST_F(PreflightTest, AKeyspaceNeedsTransportsThatTakeClients) {
  EXPECT_THAT(
      problems(with("[\"http\"]", "[\"http\", \"link\"]")),
      ElementsAre(
          "cluster.toml:28: keyspace.default.transports: found transport \"link\", whose plugin carrier lacks the "
          "capability \"clients\", allowed: transport http"));
}

TEST_F(PreflightTest, ConfigurationAndPluginsAreToldTogetherInTheOrderOfTheFile) {
  std::string text = with("depth = 9", "dept = 9");
  text.replace(text.find("n = 1\n"), 6, "n = 1\nr = 2\n");
  text.replace(text.find("\"forever\""), 9, "\"for_ever\"");
  line.node_id = "node-b";
  EXPECT_THAT(
      problems(text),
      ElementsAre(
          HasSubstr("cluster.toml:11: membership.main.plugin: found \"for_ever\", an unknown membership plugin"),
          HasSubstr("cluster.toml:16: storage.fast.dept: found an option that the plugin does not declare"),
          HasSubstr("cluster.toml:31: keyspace.default.r: found 2, allowed: 1 to 1 (n)"),
          "--node-id: found \"node-b\", which no [[node]] of cluster.toml has, allowed: node-a; did you mean "
          "\"node-a\"?"));
}

TEST_F(PreflightTest, APluginPathMustBeThere) {
  EXPECT_THAT(
      problems(kGood + "[plugins]\npath = [\"/nowhere\", \"" + kFake + "\"]\n"),
      ElementsAre(
          "cluster.toml:32: plugins.path: found \"/nowhere\", which is no directory, allowed: directories that hold "
          "plugins"));
}

TEST_F(PreflightTest, AMissingFileIsOneProblem) {
  line.config = scratch.path() + "/missing.toml";
  Preflight missing = preflight(line, environment, {kFake});
  ASSERT_THAT(missing.problems, SizeIs(1));
  EXPECT_EQ(missing.problems[0].text(),
            line.config + ": found a file that cannot be read (No such file or directory), allowed: a TOML file");
  line.config = scratch.path();
  EXPECT_THAT(preflight(line, environment, {kFake}).problems, SizeIs(1));
}

TEST(DefaultPluginPath, IsBesideTheProgramAndThenUnderThePrefix) {
  EXPECT_THAT(default_plugin_path("/opt/x/bin/statord"), ElementsAre("/opt/x/bin", "/opt/x/lib/stator/plugins"));
  EXPECT_THAT(program_path(), HasSubstr("preflight_test"));
}

// The command line

std::string refused(const std::vector<std::string>& arguments) {
  auto parsed = parse_command_line(arguments);
  const Exit* exit = std::get_if<Exit>(&parsed);
  if (exit == nullptr) return "accepted";
  return std::to_string(exit->status) + " " + exit->text;
}

TEST(CommandLineTest, TakesEveryOption) {
  auto parsed =
      parse_command_line({"--config=c.toml", "--node-id", "node-a", "--set", "a.b=1", "--set=c=x y", "--check"});
  const auto& line = std::get<CommandLine>(parsed);
  EXPECT_EQ(line.config, "c.toml");
  EXPECT_EQ(line.node_id, "node-a");
  EXPECT_TRUE(line.check);
  EXPECT_THAT(line.sets, ElementsAre("a.b=1", "c=x y"));
}

TEST(CommandLineTest, NeedsANodeUnlessItOnlyChecks) {
  EXPECT_THAT(refused({"--config=c.toml"}), HasSubstr("64 statord: --node-id is required"));
  EXPECT_EQ(refused({"--check"}), "accepted");
}

TEST(CommandLineTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(refused({"--node-id=a", "--nodes"}), HasSubstr("64 statord: "));
  EXPECT_THAT(refused({"--node-id=a", "rest"}), HasSubstr("64 statord: "));
  EXPECT_THAT(refused({"--node-id"}), HasSubstr("64 statord: "));
}

TEST(CommandLineTest, ShowsHelpAndVersion) {
  EXPECT_THAT(refused({"--help"}), HasSubstr("0 statord, one node"));
  EXPECT_THAT(refused({"--help"}), HasSubstr("--node-id"));
  EXPECT_THAT(refused({"--version"}), HasSubstr("0 statord 0."));
  EXPECT_THAT(refused({"--version"}), HasSubstr("toolchain: compiler="));
}

}  // namespace
}  // namespace stator
