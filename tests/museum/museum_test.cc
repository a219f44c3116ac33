#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "stator/plugin.h"
#include "tests/cluster/cluster.h"

// What was built with the SDK of its time works today, or is refused by its revision. A revision's headers, and what
// compilers make of them, stay what they were: whoever must change that begins another one.

namespace stator::cluster {
namespace {

const std::string kRoom = MUSEUM "/sdk-" STATOR_SDK_REVISION;

const char* const kTables = R"(
[membership.relic]
plugin = "relic"

[storage.relic]
plugin = "relic"

[transport.http]
plugin = "http"

[transport.tcp]
plugin = "tcp"

[transport.relic]
plugin = "relic"

[keyspace.relic]
resolver = "relic"
storage = "relic"
membership = "relic"
transports = ["http", "relic"]
)";

std::set<std::string> facts(const std::string& program) {
  const Finished finished = run({program, {}, {}, {}, {}});
  EXPECT_EQ(finished.status, 0) << program;
  std::set<std::string> lines;
  std::istringstream text(finished.output);
  for (std::string line; std::getline(text, line);) lines.insert(line);
  return lines;
}

TEST(Museum, HasARoomForTheRevisionOfToday) {
  EXPECT_TRUE(std::filesystem::is_directory(kRoom)) << "tests/museum/sdk-" STATOR_SDK_REVISION " is missing";
}

TEST(Museum, WhatPluginsHaveCompiledInIsAsItWas) {
  const std::set<std::string> today = facts(MUSEUM "/museum_facts_today");
  const std::set<std::string> then = facts(MUSEUM "/museum_facts_" STATOR_SDK_REVISION);
  EXPECT_GT(then.size(), 150U);
  for (const std::string& fact : then)
    EXPECT_TRUE(today.contains(fact)) << "no longer so: " << fact << "\nplugins of this revision would break: let it "
                                      << "grow as docs/decisions has it (revisions of the SDK), or begin another one";
}

TEST(Museum, RelicsKeepTheLawsOfToday) {
  // Of a storage those laws that call each method: the others take long, and are about what it does by itself.
  const std::vector<std::string> some = {"--only", "AgreesWithAMap", "--only", "CheckpointsOpenAsTheStorageWas"};
  for (const std::string kind : {"resolver", "datatype", "storage", "membership", "transport"}) {
    const std::string relic = kRoom + "/stator_" + kind + "_relic.so";
    std::vector<std::string> arguments = {"plugin", "check", relic};
    if (kind == "storage") arguments.insert(arguments.end(), some.begin(), some.end());
    const Finished checked = run({STATOR, arguments, {}, {}, {}});
    EXPECT_EQ(checked.status, 0) << relic << '\n' << checked.output << checked.errors;
  }
}

TEST(Museum, RelicsServe) {
  Cluster cluster(
      {.transports = {"http", "tcp", "relic"}, .tables = kTables, .plugin_path = std::string(kPlugins) + ":" + kRoom});
  for (std::size_t node = 0; node < cluster.size(); ++node) ASSERT_TRUE(cluster.start(node));
  EXPECT_TRUE(await([&] {
    return cluster.process(0).errors().find("the relic is as good as new, text/plain") != std::string::npos;
  })) << cluster.process(0).errors();
  std::string seen;
  ASSERT_TRUE(await([&] {  // until all have met
    const HttpAnswer written = cluster.http(1).put("/ks/relic/kv/k?consistency=all", "old");
    seen = written.field("x-stator-context");
    return written.status == 204;
  }));
  ASSERT_TRUE(await([&] { return cluster.http(2).put("/ks/relic/kv/other?consistency=all", "x").status == 204; }));
  EXPECT_EQ(cluster.http(1).put("/ks/relic/kv/k?consistency=all", "zebra", seen).status, 204);
  EXPECT_EQ(cluster.http(2).put("/ks/relic/kv/k?consistency=all", "cat", seen).status, 204);
  EXPECT_EQ(cluster.http(2).get("/ks/relic/kv/k").body, "zebra");
}

}  // namespace
}  // namespace stator::cluster
