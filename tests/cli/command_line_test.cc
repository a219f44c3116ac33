#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

namespace stator::cli {
namespace {

using ::testing::HasSubstr;

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() { unsetenv("STATOR_URL"); }
  ~CommandLine() override { unsetenv("STATOR_URL"); }

  /// The options of the verb, if the arguments are right and for it.
  template <typename Options>
  std::optional<Options> parsed(const std::vector<std::string>& arguments) {
    const auto result = parse_command_line(arguments, terminal_);
    const auto* invocation = std::get_if<Invocation>(&result);
    if (invocation == nullptr || !std::holds_alternative<Options>(*invocation)) {
      return std::nullopt;
    }
    return std::get<Options>(*invocation);
  }
  std::optional<ExitCode> ended(const std::vector<std::string>& arguments) {
    const auto result = parse_command_line(arguments, terminal_);
    const auto* code = std::get_if<ExitCode>(&result);
    return code == nullptr ? std::nullopt : std::optional(*code);
  }

  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
  Terminal terminal_{in_, out_, err_};
};

TEST_F(CommandLine, PutTakesAllItsOptions) {
  const auto put =
      parsed<PutOptions>({"put", "k", "-", "--keyspace", "carts", "--context", "abc", "--w=3", "--content-type",
                          "text/plain", "--op-id", "u", "--ttl", "90s", "--json", "--url", "http://b:2"});
  ASSERT_TRUE(put);
  EXPECT_EQ(put->address.key, "k");
  EXPECT_EQ(put->address.keyspace, "carts");
  EXPECT_EQ(put->address.node, (Endpoint{"http", "b", "2"}));
  EXPECT_EQ(put->value, "-");
  EXPECT_EQ(put->context, "abc");
  EXPECT_EQ(put->content_type, "text/plain");
  EXPECT_EQ(put->op_id, "u");
  EXPECT_EQ(put->w, 3);
  EXPECT_EQ(put->ttl, std::chrono::seconds(90));
  EXPECT_TRUE(put->json);
}

TEST_F(CommandLine, ALifetimeIsADuration) {
  EXPECT_EQ(parsed<PutOptions>({"put", "k", "v"})->ttl, std::nullopt);
  EXPECT_EQ(parsed<PutOptions>({"put", "k", "v", "--ttl=500ms"})->ttl, std::chrono::milliseconds(500));
  for (const char* bad : {"0s", "500", "-1s", "soon", "999us"}) {
    EXPECT_EQ(ended({"put", "k", "v", std::string("--ttl=") + bad}), ExitCode::usage) << bad;
  }
  EXPECT_THAT(err_.str(), HasSubstr("--ttl: \"soon\" is not a duration such as"));
}

TEST_F(CommandLine, UpdateTakesAnOperationAndItsArguments) {
  const auto update = parsed<UpdateOptions>({"update", "cart", "add", "element=milk", "n:=7", "--keyspace", "carts",
                                             "--ttl", "90s", "--context", "abc", "--op-id", "u", "--w", "2", "--json"});
  ASSERT_TRUE(update);
  EXPECT_EQ(update->address.key, "cart");
  EXPECT_EQ(update->op, "add");
  EXPECT_EQ(update->arguments, (std::vector<std::string>{"element=milk", "n:=7"}));
  EXPECT_EQ(update->ttl, std::chrono::seconds(90));
  EXPECT_EQ(update->context, "abc");
  EXPECT_EQ(update->op_id, "u");
  EXPECT_EQ(update->w, 2);
  EXPECT_TRUE(update->json);
  EXPECT_TRUE(parsed<UpdateOptions>({"update", "hits", "increment"}));
  EXPECT_EQ(ended({"update", "hits"}), ExitCode::usage);
}

TEST_F(CommandLine, ValuesMayBeginWithADashAfterTwo) {
  const auto put = parsed<PutOptions>({"put", "k", "--", "-5"});
  ASSERT_TRUE(put);
  EXPECT_EQ(put->value, "-5");
}

TEST_F(CommandLine, ValuesMayBeEmptyAndKeysMayNot) {
  EXPECT_TRUE(parsed<PutOptions>({"put", "k", ""}));
  EXPECT_EQ(ended({"get", ""}), ExitCode::usage);
  EXPECT_EQ(ended({"get", std::string(4097, 'k')}), ExitCode::usage);
}

TEST_F(CommandLine, UrlComesFromOptionThenEnvironmentThenDefault) {
  EXPECT_EQ(parsed<GetOptions>({"get", "k"})->address.node.text(), "http://127.0.0.1:8081");
  setenv("STATOR_URL", "http://a:1,http://b:2", 1);
  EXPECT_EQ(parsed<GetOptions>({"get", "k"})->address.node.text(), "http://a:1");
  EXPECT_EQ(parsed<StatusOptions>({"status"})->nodes.size(), 2u);
  EXPECT_EQ(parsed<BenchOptions>({"bench"})->load.targets.size(), 2u);
  EXPECT_EQ(parsed<GetOptions>({"get", "k", "--url", "http://c:3"})->address.node.text(), "http://c:3");
  EXPECT_EQ(parsed<BenchOptions>({"bench", "--target", "grpc://d:4"})->load.targets.front().text(), "grpc://d:4");
}

TEST_F(CommandLine, GetChoosesItsForm) {
  EXPECT_TRUE(parsed<GetOptions>({"get", "k", "--raw", "--r", "2"})->raw);
  EXPECT_EQ(parsed<GetOptions>({"get", "k", "--json", "--consistency", "all"})->consistency, "all");
  EXPECT_EQ(ended({"get", "k", "--raw", "--json"}), ExitCode::usage);
  EXPECT_EQ(ended({"get", "k", "--consistency", "most"}), ExitCode::usage);
  EXPECT_EQ(ended({"get", "k", "--r", "0"}), ExitCode::usage);
}

TEST_F(CommandLine, BenchHasTheStatedDefaults) {
  const auto bench = parsed<BenchOptions>({"bench"});
  ASSERT_TRUE(bench);
  EXPECT_EQ(bench->op, "put");
  EXPECT_EQ(bench->load.connections, 64);
  EXPECT_EQ(bench->load.value_bytes, 128u);
  EXPECT_EQ(bench->keys.keys, 100'000u);
  EXPECT_EQ(bench->seconds, 10);
  EXPECT_EQ(bench->warmup, 1);
  EXPECT_EQ(bench->rate, 0);
  EXPECT_EQ(bench->threads, 1);
  EXPECT_EQ(effective_read_share(*bench), 0);
}

TEST_F(CommandLine, BenchTakesAllItsOptions) {
  const auto bench = parsed<BenchOptions>({"bench",
                                           "--target",
                                           "grpc://a:1,grpc://b:2",
                                           "--op",
                                           "mix",
                                           "--read-share",
                                           "0.9",
                                           "--distribution",
                                           "zipfian",
                                           "--theta",
                                           "0.8",
                                           "--rate",
                                           "5000",
                                           "--preload",
                                           "--threads",
                                           "2",
                                           "--w",
                                           "1",
                                           "--r",
                                           "3",
                                           "--pids",
                                           "12,34",
                                           "--keyspace",
                                           "carts",
                                           "--json",
                                           "--seed",
                                           "9"});
  ASSERT_TRUE(bench);
  EXPECT_EQ(bench->load.targets.size(), 2u);
  EXPECT_EQ(effective_read_share(*bench), 0.9);
  EXPECT_EQ(bench->keys.distribution, Distribution::zipfian);
  EXPECT_EQ(bench->keys.theta, 0.8);
  EXPECT_EQ(bench->rate, 5000);
  EXPECT_TRUE(bench->preload);
  EXPECT_EQ(bench->pids, (std::vector<pid_t>{12, 34}));
  EXPECT_EQ(bench->load.w, 1);
  EXPECT_EQ(bench->load.r, 3);
  EXPECT_EQ(bench->load.keyspace, "carts");
}

TEST_F(CommandLine, BenchRefusesWhatMakesNoSense) {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--target", "http://a:1,grpc://b:2"},
                                             {"--op", "scan"},
                                             {"--pids", "12,x"},
                                             {"--theta", "1"},
                                             {"--keys", "0"},
                                             {"--threads", "9", "--connections", "8"},
                                             {"--rate", "-1"}}) {
    std::vector<std::string> arguments{"bench"};
    arguments.insert(arguments.end(), wrong.begin(), wrong.end());
    EXPECT_EQ(ended(arguments), ExitCode::usage) << wrong.front() << ' ' << wrong.back();
  }
}

TEST_F(CommandLine, PluginListLooksHereOrAsksANode) {
  EXPECT_FALSE(parsed<PluginListOptions>({"plugin", "list"})->node);
  EXPECT_EQ(parsed<PluginListOptions>({"plugin", "list", "--url", "http://a:1"})->node->text(), "http://a:1");
  EXPECT_EQ(parsed<PluginListOptions>({"plugin", "list", "--path", "/x"})->directory, "/x");
  EXPECT_EQ(ended({"plugin"}), ExitCode::usage);
}

TEST_F(CommandLine, StorageCheckTakesDirectories) {
  const auto storage = parsed<StorageOptions>(
      {"storage", "check", "a", "b", "--plugins=p", "--config=c.toml", "--storage=fast", "--json"});
  ASSERT_TRUE(storage);
  const auto& check = std::get<StorageCheckOptions>(storage->verb);
  EXPECT_EQ(check.directories, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(check.under.plugins, "p");
  EXPECT_EQ(check.under.config, "c.toml");
  EXPECT_EQ(check.under.storage, "fast");
  EXPECT_TRUE(check.json);
  EXPECT_EQ(ended({"storage", "check"}), ExitCode::usage);
  EXPECT_EQ(ended({"storage", "check", "a", "--storage=fast"}), ExitCode::usage) << "of which file?";
}

TEST_F(CommandLine, StorageQuarantineTakesOneDirectory) {
  const auto storage = parsed<StorageOptions>({"storage", "quarantine", "a", "--config=c.toml", "--json"});
  ASSERT_TRUE(storage);
  const auto& quarantine = std::get<StorageQuarantineOptions>(storage->verb);
  EXPECT_EQ(quarantine.directory, "a");
  EXPECT_EQ(quarantine.under.config, "c.toml");
  EXPECT_TRUE(quarantine.json);
  EXPECT_EQ(ended({"storage", "quarantine"}), ExitCode::usage);
  EXPECT_EQ(ended({"storage", "quarantine", "a", "b"}), ExitCode::usage);
}

TEST_F(CommandLine, BackupsAreReadUnderTheFileOfTheClusterThatWroteThem) {
  for (const char* verb : {"verify", "restore"}) {
    const auto backup = parsed<BackupOptions>({"backup", verb, "dir", "--config=c.toml", "--plugins=p"});
    ASSERT_TRUE(backup);
    EXPECT_EQ(backup->under.config, "c.toml");
    EXPECT_EQ(backup->under.plugins, "p");
  }
  EXPECT_EQ(ended({"backup", "create", "dir", "--config=c.toml"}), ExitCode::usage) << "nothing is opened";
}

TEST_F(CommandLine, StorageConvertNamesStorageConfigurationAndNode) {
  const auto storage =
      parsed<StorageOptions>({"storage", "convert", "fast", "--config=c.toml", "--node-id=a", "--json"});
  ASSERT_TRUE(storage);
  const auto& convert = std::get<StorageConvertOptions>(storage->verb);
  EXPECT_EQ(convert.storage, "fast");
  EXPECT_EQ(convert.config, "c.toml");
  EXPECT_EQ(convert.node, "a");
  EXPECT_EQ(convert.from_config, "");
  EXPECT_TRUE(convert.json);
  EXPECT_EQ(ended({"storage"}), ExitCode::usage);
  EXPECT_EQ(ended({"storage", "convert", "fast", "--config=c.toml"}), ExitCode::usage);
  EXPECT_EQ(ended({"storage", "convert", "--config=c.toml", "--node-id=a"}), ExitCode::usage);
}

TEST_F(CommandLine, RingAndDemoHaveTheirFlags) {
  const auto ring = parsed<RingOptions>({"ring", "--key", "a", "--tokens"});
  ASSERT_TRUE(ring);
  EXPECT_EQ(ring->key, "a");
  EXPECT_TRUE(ring->tokens);
  EXPECT_TRUE(parsed<DemoOptions>({"demo", "--keep", "--verbose"})->keep);
}

TEST_F(CommandLine, HelpIsPrintedAndNoFailure) {
  for (const std::vector<std::string>& help : std::vector<std::vector<std::string>>{
           {"--help"}, {"put", "--help"}, {"plugin", "list", "--help"}, {"--version"}}) {
    EXPECT_EQ(ended(help), ExitCode::ok);
  }
  EXPECT_THAT(out_.str(), HasSubstr("STATOR_URL"));
  EXPECT_THAT(out_.str(), HasSubstr("standard input"));
  EXPECT_THAT(out_.str(), HasSubstr("stator 0."));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(CommandLine, MistakesNameTheVerbWhoseHelpExplains) {
  EXPECT_EQ(ended({"put", "k"}), ExitCode::usage);
  EXPECT_THAT(err_.str(), HasSubstr("stator put --help"));
  EXPECT_EQ(ended({}), ExitCode::usage);
  EXPECT_EQ(ended({"frobnicate"}), ExitCode::usage);
  EXPECT_EQ(ended({"get", "k", "--url", "ftp://x"}), ExitCode::usage);
  EXPECT_THAT(err_.str(), HasSubstr("the scheme is http or grpc"));
}

}  // namespace
}  // namespace stator::cli
