#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "tests/cluster/cluster.h"
#include "tests/cluster/free_ports.h"

namespace stator::cluster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr int kConfigStatus = 78;
constexpr int kUsageStatus = 64;

/// What a server does that must not start. Its ports are taken while it runs: had it tried to bind one, it would say so
/// and end otherwise.
class Refusal : public testing::Test {
 protected:
  std::string config() { return read_file(cluster.config()); }
  std::string with(const std::string& from, const std::string& to) {
    std::string text = config();
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  }
  Finished start(const std::string& text, const std::vector<std::string>& more = {}) {
    const HeldPort http(cluster.port(0));
    const HeldPort grpc(cluster.port(0, "grpc"));
    const HeldPort tcp(cluster.port(0, "tcp"));
    EXPECT_TRUE(http.held() && grpc.held() && tcp.held());
    ServerProcess::Command command = cluster.command(0);
    command.arguments.front() = "--config=" + cluster.scratch().write("tried.toml", text);
    command.arguments.insert(command.arguments.end(), more.begin(), more.end());
    command.environment = environment;
    return run(command);
  }
  void expect_untouched() {
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      EXPECT_FALSE(std::filesystem::exists(cluster.data_directory(node)));
    }
  }
  /// Refused for these reasons and no other, one line each, with nothing done before.
  void expect_refused(const Finished& finished, const std::vector<std::string>& reasons) {
    EXPECT_EQ(finished.status, kConfigStatus) << finished.errors;
    for (const std::string& reason : reasons) EXPECT_THAT(finished.errors, HasSubstr(reason));
    EXPECT_EQ(std::count(finished.errors.begin(), finished.errors.end(), '\n'),
              static_cast<std::ptrdiff_t>(reasons.size()))
        << finished.errors;
    EXPECT_THAT(finished.output, IsEmpty());
    expect_untouched();
  }
  /// A directory in front of the ordinary plugins, with a copy of one of them.
  std::string copy_plugin(const std::string& name) {
    const std::string directory = cluster.scratch().path("plugins");
    std::filesystem::create_directories(directory);
    std::filesystem::copy_file(std::string(STATOR_PLUGINS) + "/" + name, directory + "/" + name,
                               std::filesystem::copy_options::overwrite_existing);
    return directory + "/" + name;
  }
  std::string with_own_plugins() { return with("path = [", "path = [\"" + cluster.scratch().path("plugins") + "\", "); }

  Cluster cluster;
  std::vector<std::string> environment;
};

TEST_F(Refusal, OfEachMistakeNamesWhereAndWhat) {
  expect_refused(start(with("r = 2", "r = 4")), {"tried.toml:"});
  expect_refused(start(with("r = 2", "r = 4")), {"keyspace.default.r: found 4, allowed: 1 to 3"});
  expect_refused(start(with("w = 2", "w = 2\nrr = 1")), {"keyspace.default.rr"});
  expect_refused(start(with("resolver = \"lww\"", "resolver = \"lw\"")), {"did you mean \"lww\"?"});
  expect_refused(start(with("[\"http\", \"grpc\"]", "[\"htp\"]")), {"did you mean \"http\"?"});
  expect_refused(start(with("plugin = \"memtable\"", "plugin = \"rocks\"")), {"unknown storage plugin"});
  expect_refused(start(with("segment_bytes", "segment_byte")), {"did you mean \"segment_bytes\"?"});
  expect_refused(start(with("\"1MiB\"", "\"1 apple\"")), {"storage.fast.segment_bytes"});
  expect_refused(start(with("peer_transport = \"tcp\"", "peer_transport = \"http\"")), {"\"peers\""});
  expect_refused(start(with(cluster.address(1, "grpc"), cluster.address(0, "grpc"))),
                 {"which node[0].listen.grpc has taken"});
  expect_refused(start(config() + "[log]\nlevel = \"loud\"\n"), {"log.level"});
  expect_refused(start(config(), {"--set=keyspace.default.q=1"}), {"keyspace.default.q"});
  expect_refused(start("[cluster\n"), {"tried.toml:1"});
}

TEST_F(Refusal, OfAScriptNamesItsLine) {
  const auto scripted = [&](const std::string& script) {
    const std::string path = cluster.scratch().write("resolve.lua", script);
    return with("resolver = \"lww\"", "resolver = \"mine\"") + "[resolver.mine]\nplugin = \"lua\"\nscript = \"" + path +
           "\"\n";
  };
  const std::string path = cluster.scratch().path("resolve.lua");
  EXPECT_EQ(start(scripted("function resolve() return 1 end"), {"--check"}).status, 0);
  for (const std::vector<std::string>& how : std::vector<std::vector<std::string>>{{}, {"--check"}}) {
    expect_refused(start(scripted("\nfunction resolve( return 1 end"), how),
                   {"resolver.mine.plugin: found \"lua\", a plugin that is refused"});
    expect_refused(start(scripted("\nfunction resolve( return 1 end"), how),
                   {path + ":2: <name> or '...' expected near 'return'"});
    expect_refused(start(scripted("x = 1"), how), {path + ": it defines no function resolve"});
    const std::string text = scripted("");
    std::filesystem::remove(path);
    expect_refused(start(text, how), {"resolver.mine.script: found \"" + path + "\", allowed: the path of a file"});
  }
  const std::string ranked = with("resolver = \"lww\"", "resolver = \"mine\"") + "[resolver.mine]\nplugin = \"max\"\n";
  expect_refused(start(ranked + "order = \"size\"\n", {"--check"}), {"order is \"size\", not \"number\""});
}

TEST_F(Refusal, TellsAllMistakesAtOnce) {
  std::string text = with("r = 2", "r = 4");
  text.replace(text.find("\"memtable\""), 10, "\"memtabel\"");
  text.replace(text.find("w = 2"), 5, "w = 0");
  text += "[log]\nformat = \"xml\"\n\n[colour]\nof = \"the bikeshed\"\n";
  environment = {"STATOR__KEYSPACE__DEFAULT__N=three"};
  const Finished finished = start(text, {"--set=server.threads=-1"});
  EXPECT_EQ(finished.status, kConfigStatus);
  for (const char* part : {"keyspace.default.r", "keyspace.default.w", "did you mean \"memtable\"?", "log.format",
                           "colour", "STATOR__KEYSPACE__DEFAULT__N", "server.threads"}) {
    EXPECT_THAT(finished.errors, HasSubstr(part));
  }
  expect_untouched();
}

TEST_F(Refusal, OfAPluginThatOthersCanWrite) {
  const std::string plugin = copy_plugin("stator_resolver_lww.so");
  ::chmod(plugin.c_str(), 0666);
  expect_refused(start(with_own_plugins()), {plugin});
  ::chmod(plugin.c_str(), 0644);
  EXPECT_EQ(start(with_own_plugins(), {"--check"}).status, 0);
  ::chmod(cluster.scratch().path("plugins").c_str(), 0777);
  expect_refused(start(with_own_plugins()), {"a directory"});
}

TEST_F(Refusal, OfAPluginThatIsNoneOrNotWhole) {
  const std::string plugin = copy_plugin("stator_resolver_lww.so");
  for (const std::uintmax_t size : {std::filesystem::file_size(plugin) / 2, std::uintmax_t{100}, std::uintmax_t{0}}) {
    copy_plugin("stator_resolver_lww.so");
    std::filesystem::resize_file(plugin, size);
    expect_refused(start(with_own_plugins()), {plugin});
  }
  cluster.scratch().write("plugins/stator_resolver_lww.so", "#!/bin/sh\necho I am no library\n");
  expect_refused(start(with_own_plugins()), {plugin});
}

TEST_F(Refusal, OfTwoBadPluginsNamesBoth) {
  const std::string resolver = copy_plugin("stator_resolver_lww.so");
  const std::string storage = copy_plugin("stator_storage_memtable.so");
  ::chmod(resolver.c_str(), 0666);
  std::filesystem::resize_file(storage, 1000);
  expect_refused(start(with_own_plugins()), {resolver, storage});
}

TEST_F(Refusal, OfPluginsMadeForAnotherServerTellsWhatIsWrongWithEach) {
  std::string text = with("path = [", "path = [\"" BAD_PLUGINS "\", ");
  const std::string settings = "storage = \"fast\"\nmembership = \"main\"\ntransports = [\"http\"]\nn = 3\n";
  for (const char* plugin :
       {"no_symbol", "other_abi", "other_interface", "other_name", "other_toolchain", "unresolved"}) {
    text += "[keyspace.of-" + std::string(plugin) + "]\nresolver = \"" + plugin + "\"\n" + settings;
  }
  expect_refused(start(text), {"stator_plugin", "expected abi 1", "resolver/1", "stator_resolver_other_name.so",
                               "compiler=", "stator_resolver_unresolved.so"});
}

TEST_F(Refusal, OfAnUnknownNode) {
  ServerProcess::Command command = cluster.command(0);
  command.arguments.back() = "--node-id=node-d";
  const Finished finished = run(command);
  EXPECT_EQ(finished.status, kConfigStatus);
  EXPECT_THAT(finished.errors, AllOf(HasSubstr("node-d"), HasSubstr("node-a, node-b or node-c")));
  expect_untouched();
}

TEST_F(Refusal, OfAFileThatIsNotThere) {
  ServerProcess::Command command = cluster.command(0);
  command.arguments.front() = "--config=/nowhere/cluster.toml";
  const Finished finished = run(command);
  EXPECT_EQ(finished.status, kConfigStatus);
  EXPECT_THAT(finished.errors, AllOf(HasSubstr("/nowhere/cluster.toml"), HasSubstr("No such file")));
}

TEST_F(Refusal, OfAWrongCommandLine) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--colour"}, {}, {"--config"}}) {
    const Finished finished = run({STATORD, arguments, {}, {}, {}});
    EXPECT_EQ(finished.status, kUsageStatus) << finished.errors;
    EXPECT_THAT(finished.errors, HasSubstr("statord"));
  }
}

TEST_F(Refusal, OfAPortThatIsTakenNamesIt) {
  for (const char* transport : {"http", "grpc", "tcp"}) {
    const HeldPort taken(cluster.port(0, transport));
    const Finished finished = run(cluster.command(0));
    EXPECT_EQ(finished.status, 1) << finished.errors;
    EXPECT_THAT(finished.errors,
                AllOf(HasSubstr(transport), HasSubstr(cluster.address(0, transport)), HasSubstr("in use")));
  }
  EXPECT_TRUE(cluster.start_all()) << "and when they are free it starts";
}

TEST_F(Refusal, CheckExaminesAndOpensNothing) {
  const Finished good = start(config(), {"--check"});
  EXPECT_EQ(good.status, 0) << good.errors;
  EXPECT_THAT(good.output, HasSubstr("is good: 3 nodes, 1 keyspace, 6 plugin instances"));
  for (const char* plugin : {"stator_storage_memtable.so", "stator_transport_tcp.so", "stator_resolver_lww.so"}) {
    EXPECT_THAT(good.output, HasSubstr(plugin));
  }
  expect_untouched();
  const Finished without_node = run({STATORD, {"--check", "--config=" + cluster.config()}, {}, {}, {}});
  EXPECT_EQ(without_node.status, 0) << without_node.errors;
  expect_refused(start(with("r = 2", "r = 4"), {"--check"}), {"keyspace.default.r"});
}

TEST_F(Refusal, VersionAndHelpSayWhatThisIs) {
  const Finished version = run({STATORD, {"--version"}, {}, {}, {}});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.output, HasSubstr("toolchain: compiler="));
  EXPECT_THAT(version.output.substr(0, version.output.find('\n')), MatchesRegex("statord [0-9]+\\.[0-9]+\\.[0-9]+"));
  const Finished help = run({STATORD, {"--help"}, {}, {}, {}});
  EXPECT_EQ(help.status, 0);
  for (const char* part : {"--config", "--node-id", "--check", "--set", "STATOR__", "SIGTERM"})
    EXPECT_THAT(help.output, HasSubstr(part));
}

TEST_F(Refusal, OverridesReachTheRunningServer) {
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    ServerProcess::Command& command = cluster.process(node).command();
    command.environment = {"STATOR__KEYSPACE__DEFAULT__R=1", "STATOR__KEYSPACE__DEFAULT__W=1"};
    command.arguments.emplace_back("--set=keyspace.default.w=3");
  }
  ASSERT_TRUE(cluster.start_all());
  const nlohmann::json page = cluster.http(0).get("/admin/keyspaces").json();
  EXPECT_EQ(page["keyspaces"][0]["r"], 1);
  EXPECT_EQ(page["keyspaces"][0]["w"], 3) << "--set has the last word";
}

}  // namespace
}  // namespace stator::cluster
