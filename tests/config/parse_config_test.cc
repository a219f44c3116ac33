#include "kernel/config/parse_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "tests/config/config_test_support.h"

namespace stator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ParseConfig, ReadsTheFileOfTheContract) {
  ParsedConfig parsed = parse_config(test_file("contract.toml"), "c.toml");
  EXPECT_EQ(report(parsed.problems), "");
  const ClusterConfig& config = parsed.config;
  EXPECT_EQ(config.cluster.id, "local");
  EXPECT_EQ(config.cluster.peer_transport, "tcp");
  ASSERT_EQ(config.nodes.size(), 3u);
  EXPECT_EQ(config.node("node-b")->data_dir, "./data/node-b");
  EXPECT_EQ(config.node("node-b")->address("grpc"), "127.0.0.1:9092");
  EXPECT_EQ(config.node("node-z"), nullptr);
  EXPECT_EQ(config.instance("storage", "fast")->plugin, "memtable");
  EXPECT_EQ(config.instance("membership", "main")->vnodes_per_node, 128);
  const KeyspaceOptions* keyspace = config.keyspace("default");
  ASSERT_NE(keyspace, nullptr);
  EXPECT_EQ(keyspace->quorum.n, 3);
  EXPECT_THAT(keyspace->transports, ElementsAre("http", "grpc"));
}

TEST(ParseConfig, FillsInDefaults) {
  ParsedConfig parsed = parse_config(contract_with("n = 3\nr = 2\nw = 2\n", ""), "c.toml");
  EXPECT_EQ(report(parsed.problems), "");
  const KeyspaceOptions& keyspace = *parsed.config.keyspace("default");
  EXPECT_EQ(keyspace.quorum.n, 3);
  EXPECT_EQ(keyspace.quorum.r, 2);
  EXPECT_EQ(keyspace.quorum.min_w, 1);
  EXPECT_EQ(keyspace.siblings, Siblings::keep);
  EXPECT_EQ(keyspace.limits.max_siblings, 100);
  EXPECT_EQ(keyspace.limits.max_value_bytes, 8u << 20);
  EXPECT_EQ(keyspace.limits.timeout, std::chrono::seconds(1));
  EXPECT_EQ(keyspace.healing.tombstone_grace, std::chrono::hours(1));
  EXPECT_TRUE(keyspace.healing.sloppy);
  EXPECT_EQ(parsed.config.cluster.partition_bits, 12);
  EXPECT_EQ(parsed.config.server.max_in_flight, 16384);
  EXPECT_EQ(parsed.config.healing.repair_cpu_share, 0.25);
  EXPECT_EQ(parsed.config.healing.scrub_period, std::chrono::hours(7 * 24));
  EXPECT_EQ(parsed.config.healing.scrub_bytes_per_second, 8u << 20);
  EXPECT_EQ(parsed.config.log.level, LogLevel::info);
  EXPECT_THAT(parsed.config.plugin_path, IsEmpty());
}

TEST(ParseConfig, AResolverNamedByAKeyspaceIsAnInstanceWithoutOptions) {
  ParsedConfig parsed = parse_config(test_file("contract.toml"), "c.toml");
  const InstanceOptions* resolver = parsed.config.instance("resolver", "lww");
  ASSERT_NE(resolver, nullptr);
  EXPECT_EQ(resolver->plugin, "lww");
  EXPECT_EQ(resolver->settings.where.line, 37);
  EXPECT_TRUE(resolver->settings.table().empty());
}

TEST(ParseConfig, AResolverTableGoesBeforeAPluginOfTheSameName) {
  std::string text =
      contract_with("[keyspace.carts]", "[resolver.lww]\nplugin = \"longest\"\nlimit = 3\n\n[keyspace.carts]");
  ParsedConfig parsed = parse_config(text, "c.toml");
  EXPECT_EQ(report(parsed.problems), "");
  EXPECT_EQ(parsed.config.instance("resolver", "lww")->plugin, "longest");
  EXPECT_NE(parsed.config.instance("resolver", "lww")->settings.find("limit"), nullptr);
  EXPECT_EQ(parsed.config.instance("resolver", "lww")->settings.find("plugin"), nullptr);
}

TEST(ParseConfig, TellsEveryMistakeAtOnceInTheOrderOfTheFile) {
  std::string told = report(parse_config(test_file("mistakes.toml"), "mistakes.toml").problems);
  EXPECT_EQ(told, test_file("mistakes.txt"));
}

TEST(ParseConfig, AGraceThatMessagesCouldOutliveIsRefused) {
  const auto with_grace = [](const std::string& grace) {
    return problems_of(
        contract_with("n = 3\nr = 2\nw = 2\n", "timeout = \"2s\"\ntombstone_grace = \"" + grace + "\"\n"));
  };
  EXPECT_THAT(with_grace("24s"), IsEmpty());
  EXPECT_THAT(with_grace("23s"),
              ElementsAre(HasSubstr("keyspace.default.tombstone_grace: found 23000ms, allowed: 24000ms or more: twice "
                                    "cluster.max_clock_skew and the keyspace's timeout together")));
}

TEST(ParseConfig, AShareIsAPercentage) {
  const auto with_share = [](const std::string& share) {
    return parse_config(
        contract_with("[keyspace.carts]", "[healing]\nrepair_cpu_share = " + share + "\n[keyspace.carts]"), "c.toml");
  };
  EXPECT_EQ(with_share("\"1%\"").config.healing.repair_cpu_share, 0.01);
  EXPECT_EQ(with_share("\"100%\"").config.healing.repair_cpu_share, 1);
  for (const char* wrong : {"25", "0.25", "\"25\"", "\"%\"", "\"101%\"", "\"-5%\"", "\"5 %\"", "\"2.5%\"", "\"\""}) {
    EXPECT_THAT(problem_texts(with_share(wrong).problems),
                ElementsAre(HasSubstr("allowed: a percentage such as \"25%\", 1% to 100%")))
        << wrong;
  }
}

TEST(ParseConfig, TellsWhereTheTomlIsBroken) {
  EXPECT_THAT(problems_of("[cluster]\nid = \n"), ElementsAre(HasSubstr("c.toml:2: found a mistake in the TOML: ")));
  EXPECT_THAT(problems_of(contract_with("w = 2\n", "w = 2\nr = 3\n")),
              ElementsAre(HasSubstr("c.toml:44: found a mistake in the TOML: ")));
}

TEST(ParseConfig, AnEmptyFileLacksTheThreeThingsEveryClusterHas) {
  EXPECT_THAT(problems_of(""),
              ElementsAre("c.toml: cluster: found nothing, allowed: a table [cluster] with id and peer_transport",
                          "c.toml: node: found nothing, allowed: a [[node]] for each node",
                          "c.toml: keyspace: found nothing, allowed: a table [keyspace.NAME] for each keyspace"));
}

TEST(ParseConfig, ATableInPlaceOfAnArrayOfTablesIsTold) {
  std::string text =
      "[cluster]\nid = \"x\"\npeer_transport = \"t\"\n[node]\nid = \"a\"\n[transport]\nt = 3\n[keyspace]\nk = 1\n";
  EXPECT_THAT(problems_of(text),
              ::testing::IsSupersetOf({"c.toml:4: node: found a table, allowed: a [[node]] for each node",
                                       "c.toml:7: transport.t: found 3, allowed: a table",
                                       "c.toml:9: keyspace.k: found 1, allowed: a table"}));
}

// Addresses

TEST(ParseConfig, WildcardsCollideOnANodeAndNotBetweenNodes) {
  std::string wildcards = contract_with("127.0.0.1:8081", "0.0.0.0:8081");
  wildcards.replace(wildcards.find("127.0.0.1:8082"), 14, "0.0.0.0:8081");
  EXPECT_THAT(problems_of(wildcards), IsEmpty());
  EXPECT_THAT(
      problems_of(contract_with("127.0.0.1:8081", "0.0.0.0:7071")),
      ElementsAre(
          "c.toml:8: node[0].listen.tcp: found \"127.0.0.1:7071\", which node[0].listen.http has taken, allowed: an "
          "address of its own"));
}

TEST(ParseConfig, APortOfAnotherNodeIsTaken) {
  EXPECT_THAT(
      problems_of(contract_with("127.0.0.1:9092", "127.0.0.1:7071")),
      ElementsAre(
          "c.toml:13: node[1].listen.grpc: found \"127.0.0.1:7071\", which node[0].listen.tcp has taken, allowed: "
          "an address of its own"));
}

TEST(ParseConfig, PeersNeedAnAddressTheyCanDial) {
  std::string nowhere = contract_with("127.0.0.1:7072", "0.0.0.0:7072");
  EXPECT_THAT(
      problems_of(nowhere),
      ElementsAre(
          "c.toml:13: node[1].listen.tcp: found \"0.0.0.0:7072\", which other nodes cannot dial, allowed: a host and "
          "port of its own, or an address under `advertise`"));
  nowhere.replace(nowhere.find("[[node]]\nid       = \"node-c\""), 9,
                  "advertise = { tcp = \"b.example:7072\" }\n[[node]]\n");
  EXPECT_THAT(problems_of(nowhere), IsEmpty());
  ParsedConfig parsed = parse_config(nowhere, "c.toml");
  EXPECT_EQ(parsed.config.node("node-b")->address("tcp"), "b.example:7072");
}

TEST(ParseConfig, PortZeroIsForClientsAndLonelyNodes) {
  EXPECT_THAT(problems_of(contract_with("127.0.0.1:8081", "127.0.0.1:0")), IsEmpty());
  EXPECT_THAT(problems_of(contract_with("127.0.0.1:7071", "127.0.0.1:0")),
              ElementsAre(HasSubstr("node[0].listen.tcp: found \"127.0.0.1:0\", which other nodes cannot dial")));
}

// Any bytes

RC_GTEST_PROP(ParseConfigProperty, AnyBytesAreAConfigurationOrProblems, (const std::string& bytes)) {
  ParsedConfig parsed = parse_config(bytes, "c.toml");
  RC_ASSERT(!parsed.problems.empty());
}

RC_GTEST_PROP(ParseConfigProperty, ASpoiltFileIsNeverACrash, ()) {
  static const std::string kFile = test_file("contract.toml");
  std::string text = kFile;
  int changes = *rc::gen::inRange(1, 6);
  for (int i = 0; i < changes; ++i) {
    std::size_t at = *rc::gen::inRange<std::size_t>(0, text.size());
    std::size_t length = *rc::gen::inRange<std::size_t>(0, 12);
    text.replace(at, length,
                 *rc::gen::container<std::string>(rc::gen::elementOf(std::string("[]{}.=\"'\n#ab01 \xff\0", 17))));
  }
  ParsedConfig parsed = parse_config(text, "c.toml");
  for (const Problem& problem : parsed.problems) RC_ASSERT(problem.text().starts_with("c.toml"));
}

TEST(ParseConfig, DeepNestingIsRefused) {
  EXPECT_THAT(problems_of("a = " + std::string(100'000, '[')),
              ElementsAre(HasSubstr("c.toml:1: found a mistake in the TOML")));
}

TEST(ParseConfig, AStorageKeepsAReserve) {
  const auto reserve_of = [](const std::string& lines) {
    const ParsedConfig parsed =
        parse_config(contract_with("plugin = \"memtable\"", "plugin = \"memtable\"\n" + lines), "c.toml");
    EXPECT_EQ(report(parsed.problems), "");
    const InstanceOptions& storage = *parsed.config.instance("storage", "fast");
    EXPECT_TRUE(storage.settings.table().empty()) << "the plugin is not told";
    return storage.reserve;
  };
  EXPECT_EQ(reserve_of("").soft, std::nullopt);
  const Reserve both = reserve_of("reserve_bytes = \"1GiB\"\nreserve_hard_bytes = 4096");
  EXPECT_EQ(both.soft, std::uint64_t{1} << 30);
  EXPECT_EQ(both.hard, 4096u);
  EXPECT_EQ(reserve_of("reserve_bytes = 0").soft, 0u);
}

TEST(ParseConfig, AReserveThatIsNoneIsRefused) {
  const auto problems = [](const std::string& lines) {
    return problems_of(contract_with("plugin = \"memtable\"", "plugin = \"memtable\"\n" + lines));
  };
  EXPECT_THAT(problems("reserve_bytes = \"plenty\""),
              ElementsAre(HasSubstr("storage.fast.reserve_bytes: found \"plenty\", allowed: a size such as")));
  EXPECT_THAT(problems("reserve_bytes = -1"), ElementsAre(HasSubstr("storage.fast.reserve_bytes: found -1")));
  EXPECT_THAT(
      problems("reserve_bytes = \"1MiB\"\nreserve_hard_bytes = \"2MiB\""),
      ElementsAre(HasSubstr("storage.fast.reserve_hard_bytes: found \"2MiB\", allowed: at most reserve_bytes")));
}

}  // namespace
}  // namespace stator
