#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "tests/cluster/cluster.h"

namespace stator::cluster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

/// The ordinary tables, and a keyspace behind each of these resolvers.
std::string tables_with(const std::vector<std::string>& resolvers, const std::string& more = "") {
  std::string tables = kOrdinaryTables;
  tables.erase(tables.find("n = 3\n"));
  for (const std::string& resolver : resolvers) {
    tables += "\n[keyspace." + resolver + "]\nresolver = \"" + resolver +
              "\"\nstorage = \"fast\"\nmembership = \"main\"\ntransports = [\"http\", \"grpc\"]\n";
  }
  return tables + more;
}

/// One node, since what a plugin does wrong happens on each.
class PluginFaults : public testing::Test {
 protected:
  void start(const std::string& tables) {
    cluster = std::make_unique<Cluster>(ClusterPlan{
        .nodes = {"node-a"}, .tables = tables, .plugin_path = std::string(kPlugins) + ":" + BAD_PLUGINS + ":" + LIARS});
    ASSERT_TRUE(cluster->start_all());
  }
  HttpClient http() { return cluster->http(0); }
  /// Two versions of a key, both written by clients that had seen the first.
  void make_siblings(const std::string& target) {
    HttpClient client = http();
    const std::string seen = client.put(target, "old").field("x-stator-context");
    EXPECT_EQ(client.put(target, "red", seen).status, 204);
    EXPECT_EQ(client.put(target, "blue", seen).status, 204);
  }
  Json as_json(const std::string& target) {
    return http().send({"GET", target, {{"Accept", "application/json"}}, {}}).json();
  }
  bool shows_metric(const std::string& line) {
    return ("\n" + http().get("/metrics").body).find("\n" + line + "\n") != std::string::npos;
  }
  std::size_t log_lines(const std::string& part) {
    std::istringstream text(cluster->process(0).errors());
    std::size_t count = 0;
    for (std::string line; std::getline(text, line);) count += line.find(part) != std::string::npos ? 1 : 0;
    return count;
  }
  Finished stator(const std::vector<std::string>& arguments) {
    return run({STATOR, arguments, {"STATOR_URL=http://" + cluster->address(0, "http")}, {}, {}});
  }

  std::unique_ptr<Cluster> cluster;
};

TEST_F(PluginFaults, AKeyWhoseResolverFailsAnswersWithItsSiblingsAndStaysWritable) {
  const std::vector<std::string> bad = {"throws_in_use", "out_of_range", "nameless", "fickle", "split_type"};
  start(tables_with(bad));
  for (const std::string& name : bad) {
    const std::string target = "/ks/" + name + "/kv/k";
    make_siblings(target);
    for (int i = 0; i < 3; ++i) {
      const HttpAnswer bytes = http().get(target);
      EXPECT_EQ(bytes.status, 200) << name << ": " << bytes.body;
      EXPECT_EQ(bytes.body, "blue") << "the newest";
      EXPECT_EQ(bytes.field("x-stator-siblings"), "2");
    }
    const Json all = as_json(target);
    EXPECT_EQ(all["siblings"].size(), 2U) << all;
    EXPECT_EQ(all["resolved"]["resolvedBy"], "fault");
    EXPECT_TRUE(shows_metric("stator_plugin_faults_total{instance=\"" + name + "\",kind=\"resolver\"} 4"))
        << http().get("/metrics").body;
    EXPECT_EQ(log_lines("resolver " + name + " (" + name + " 1.0.0) failed in resolve"), 1U) << "once a minute";

    EXPECT_EQ(http().put(target, "both", all["context"]).status, 204);
    EXPECT_EQ(http().get(target).body, "both");
    EXPECT_EQ(http().get(target).field("x-stator-siblings"), "");
  }
}

TEST_F(PluginFaults, AResolverThatTakesTooLongIsLeftOut) {
  start(tables_with({"slow"}));
  make_siblings("/ks/slow/kv/k");
  EXPECT_EQ(http().get("/ks/slow/kv/k").body, "xx") << "late, but an answer";
  EXPECT_TRUE(await([&] { return as_json("/ks/slow/kv/k")["resolved"]["resolvedBy"] == "fault"; }));
  EXPECT_EQ(http().get("/ks/slow/kv/k").body, "blue") << "the newest";
  EXPECT_EQ(log_lines("resolver slow (slow 1.0.0) is left out"), 1U) << cluster->process(0).errors();
  EXPECT_FALSE(shows_metric("stator_resolver_overruns_total{resolver=\"slow\"} 0"));
  EXPECT_TRUE(shows_metric("stator_resolver_overruns_total{resolver=\"lww\"} 0"));
}

TEST_F(PluginFaults, AResolverThatDoesNotReturnIsEndedAndLeftOut) {
  for (const std::string name : {"endless", "asleep"}) {
    start(tables_with({name}));
    const std::string target = "/ks/" + name + "/kv/k";
    make_siblings(target);
    for (int i = 0; i < 20; ++i) {  // from every loop
      EXPECT_EQ(http().get(target).body, "blue") << "the newest";
      EXPECT_EQ(http().get(target).field("x-stator-siblings"), "2");
    }
    const Json all = as_json(target);
    EXPECT_EQ(all["siblings"].size(), 2U) << all;
    EXPECT_EQ(all["resolved"]["resolvedBy"], "fault");
    EXPECT_TRUE(shows_metric("stator_plugin_faults_total{instance=\"" + name + "\",kind=\"resolver\"} 1"))
        << http().get("/metrics").body;
    const std::string label = "resolver " + name + " (" + name + " 1.0.0) ";
    EXPECT_EQ(log_lines(label + "failed in resolve: it did not return"), 1U) << cluster->process(0).errors();
    EXPECT_EQ(log_lines(label + "is left out until the node starts again"), 1U);

    EXPECT_EQ(http().put(target, "both", all["context"]).status, 204);
    EXPECT_EQ(http().get(target).body, "both");
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(http().put("/kv/" + std::to_string(i), "v").status, 204) << "the loops are free";
    }
    cluster->process(0).signal(SIGTERM);
    EXPECT_EQ(cluster->process(0).wait_exit(), 0) << cluster->process(0).errors();
  }
}

TEST_F(PluginFaults, ADataTypeThatDoesNotReturnIsEndedAndLeftOut) {
  start(tables_with({"stuck"}));
  const auto operation = [this](const std::string& name) {
    return http().send({"POST", "/ks/stuck/kv/k", {{"Content-Type", "application/json"}}, R"({"op":")" + name + "\"}"});
  };
  EXPECT_EQ(operation("go").status, 200);
  EXPECT_EQ(http().get("/ks/stuck/kv/k?raw=true").body, "1");
  EXPECT_GE(operation("stop").status, 500);
  EXPECT_GE(operation("go").status, 500) << "nobody could say what it does";
  EXPECT_GE(http().get("/ks/stuck/kv/k").status, 500);
  EXPECT_TRUE(shows_metric("stator_plugin_faults_total{instance=\"stuck\",kind=\"datatype\"} 1"))
      << http().get("/metrics").body;
  EXPECT_EQ(log_lines("datatype stuck (stuck 1.0.0) is left out until the node starts again"), 1U)
      << cluster->process(0).errors();
  EXPECT_EQ(http().put("/kv/k", "v").status, 204);
}

TEST_F(PluginFaults, WhereNothingIsPickedTheAnswerIsAllOfThem) {
  start(tables_with({"siblings"}));
  make_siblings("/ks/siblings/kv/k");
  const HttpAnswer choices = http().get("/ks/siblings/kv/k");
  EXPECT_EQ(choices.status, 300);
  EXPECT_EQ(choices.field("x-stator-siblings"), "2");
  EXPECT_EQ(choices.json()["siblings"].size(), 2U);
  EXPECT_EQ(choices.json()["resolved"], nullptr);
  EXPECT_EQ(stator({"get", "k", "--keyspace", "siblings"}).status, 1);
  EXPECT_TRUE(shows_metric("stator_plugin_faults_total{instance=\"siblings\",kind=\"resolver\"} 0"));
  EXPECT_EQ(http().put("/ks/siblings/kv/k", "both", choices.field("x-stator-context")).status, 204);
  EXPECT_EQ(http().get("/ks/siblings/kv/k").body, "both");
}

TEST_F(PluginFaults, AStorageThatThrowsStopsAloneAndIsShown) {
  start(tables_with({},
                    "\n[storage.frail]\nplugin = \"crumbling\"\n\n[keyspace.frail]\nresolver = \"lww\"\n"
                    "storage = \"frail\"\nmembership = \"main\"\ntransports = [\"http\"]\n"));
  ASSERT_EQ(http().put("/ks/frail/kv/k", "v").status, 204);
  EXPECT_GE(http().get("/ks/frail/kv/unreadable").status, 500);
  EXPECT_TRUE(shows_metric("stator_storage_failed{storage=\"frail\"} 0")) << "a read that fails stops nothing";
  EXPECT_EQ(http().put("/ks/frail/kv/k", "w").status, 204);

  EXPECT_GE(http().put("/ks/frail/kv/crumble", "v").status, 500);
  EXPECT_GE(http().put("/ks/frail/kv/k", "x").status, 500) << "what was written is not known any more";
  EXPECT_EQ(http().get("/ks/frail/kv/k").body, "w");
  EXPECT_TRUE(shows_metric("stator_storage_failed{storage=\"frail\"} 1"));
  EXPECT_TRUE(shows_metric("stator_storage_failed{storage=\"fast\"} 0"));
  EXPECT_EQ(log_lines("storage frail (crumbling 1.0.0) failed in get: it cannot be read"), 1U);
  EXPECT_EQ(log_lines("storage frail (crumbling 1.0.0) takes no more writes"), 1U)
      << "however lately another line was written";

  const Json health = http().get("/admin/health").json();
  EXPECT_EQ(health["status"], "failed");
  EXPECT_EQ(health["keyspaces"]["frail"]["status"], "failed");
  EXPECT_EQ(health["keyspaces"]["default"]["status"], "ok");
  EXPECT_THAT(stator({"status"}).output,
              AllOf(HasSubstr("node-a: storages.frail is failed"), HasSubstr("node-a: keyspaces.frail is failed"),
                    Not(HasSubstr("storages.fast"))));
  EXPECT_EQ(http().put("/kv/k", "v").status, 204) << "the other storage is as it was";
  EXPECT_EQ(http().get("/kv/k").body, "v");
}

}  // namespace
}  // namespace stator::cluster
