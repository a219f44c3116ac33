// Operations of data types on whole clusters: what becomes of them where copies differ, contexts are old and nodes are
// down.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/coordinator/requests.h"
#include "tests/simulation/datatype_plugins.h"

namespace stator::simulation {
namespace {

using ::testing::HasSubstr;

ClusterOptions with_datatypes(std::size_t nodes = 3) {
  ClusterOptions options{.nodes = nodes};
  for (const char* name : {"sets", "counters"}) {
    options.others.emplace_back();
    options.others.back().name = name;
  }
  options.setup.datatypes = {{"sets", datatype("add_wins_set")}, {"counters", datatype("pn_counter")}};
  return options;
}

PutRequest operation_of(const std::string& keyspace, const Bytes& key, std::string name, const std::string& rest) {
  PutRequest request;
  request.head.keyspace = keyspace;
  request.head.key = key;
  Bytes arguments = R"({"op":")" + name + "\"" + rest + "}";
  request.operation = {std::move(name), std::move(arguments)};
  return request;
}
PutRequest add(const std::string& element) {
  return operation_of("sets", "k", "add", R"(,"element":")" + element + "\"");
}
PutRequest remove(const std::string& element) {
  return operation_of("sets", "k", "remove", R"(,"element":")" + element + "\"");
}
PutRequest count(const std::string& op = "increment") { return operation_of("counters", "k", op, ""); }

GetRequest get_from(const std::string& keyspace) {
  GetRequest request = get_of("k");
  request.head.keyspace = keyspace;
  return request;
}
std::string shown(Cluster& cluster, std::size_t node, const std::string& keyspace = "sets") {
  const GetResult result = must_get(cluster, node, get_from(keyspace));
  EXPECT_TRUE(result.datatype || !result.found);
  return result.resolved.value;
}
std::string seen(Cluster& cluster, std::size_t node) { return must_get(cluster, node, get_from("sets")).context; }

TEST(OperationRequest, OfEveryNodeIsSeenOnEveryNode) {
  Cluster cluster(with_datatypes(5));
  for (std::size_t node = 0; node < 5; ++node) {
    must_put(cluster, node, add("from " + std::to_string(node)));
    must_put(cluster, node, count());
    must_put(cluster, node, count());
  }
  must_put(cluster, 4, count("decrement"));
  for (std::size_t node = 0; node < 5; ++node) {
    EXPECT_EQ(shown(cluster, node), R"(["from 0","from 1","from 2","from 3","from 4"])");
    EXPECT_EQ(shown(cluster, node, "counters"), "9");
  }
}

TEST(OperationRequest, ConcurrentOnesJoinAndARemoveTakesWhatItsClientHasSeen) {
  Cluster cluster(with_datatypes());
  must_put(cluster, 0, add("milk"));
  const std::string before = seen(cluster, 0);
  settle(cluster);
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 2, with_quorum(add("milk"), 1));
  must_put(cluster, 2, with_quorum(add("bread"), 1));
  must_put(cluster, 0, with_context(remove("milk"), before));
  EXPECT_EQ(shown(cluster, 1), "");
  cluster.network().heal();
  settle(cluster);
  GetRequest all = with_quorum(get_from("sets"), 3);
  EXPECT_EQ(must_get(cluster, 1, all).resolved.value, R"(["bread","milk"])") << "the add that was not seen wins";
}

TEST(OperationRequest, ItsAnswerCoversWhatIsThere) {
  Cluster cluster(with_datatypes());
  must_put(cluster, 0, add("milk"));
  const std::string token = must_put(cluster, 1, add("bread")).context;
  must_put(cluster, 2, with_context(operation_of("sets", "k", "remove_all", R"(,"elements":["milk","bread"])"), token));
  EXPECT_EQ(shown(cluster, 0), "");
}

TEST(OperationRequest, WhereWhatItsClientHasSeenIsMissingItIsFetchedFirst) {
  Cluster cluster(with_datatypes());
  must_put(cluster, 0, add("bread"));
  settle(cluster);
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, add("milk"));
  const std::string token = seen(cluster, 0);
  settle(cluster);
  cluster.network().heal();
  EXPECT_EQ(shown(cluster, 0), R"(["bread","milk"])");
  ASSERT_EQ(cluster.copy(2, "k", "sets")->versions.size(), 1u) << "node-c has not heard of the milk";
  must_put(cluster, 2, with_context(remove("milk"), token));
  settle(cluster);
  for (std::size_t node = 0; node < 3; ++node) EXPECT_EQ(shown(cluster, node), R"(["bread"])");
}

TEST(OperationRequest, WhereItIsNowhereToBeFoundTheClientHearsSoAndNothingIsDone) {
  Cluster cluster(with_datatypes());
  must_put(cluster, 0, add("bread"));
  settle(cluster);
  cluster.network().isolate("node-c", cluster.ids());
  must_put(cluster, 0, add("milk"));
  const std::string token = seen(cluster, 0);
  const Failure failure = must_fail(cluster, 2, with_quorum(with_context(remove("milk"), token), 1));
  EXPECT_EQ(failure.status.code(), Code::unavailable);
  EXPECT_THAT(failure.status.message(), HasSubstr("read the key again"));
  EXPECT_EQ(cluster.copy(2, "k", "sets")->versions.size(), 1u);
}

TEST(OperationRequest, AFallbackFetchesToo) {
  ClusterOptions options = with_datatypes(4);
  Cluster cluster(options);
  must_put(cluster, 0, add("milk"));
  const std::string token = seen(cluster, 0);
  settle(cluster);
  const std::vector<std::size_t> primaries = cluster.holders("k", "sets");
  const std::size_t fallback = cluster.others("k", "sets").at(0);
  must_put(cluster, fallback, with_context(remove("milk"), token));
  EXPECT_EQ(shown(cluster, fallback), "") << "forwarded";
  for (const std::size_t node : primaries) cluster.cut_power(node);
  const PutRequest removal = with_quorum(with_context(remove("milk"), token), 1);
  for (std::size_t i = 0; i < primaries.size(); ++i) must_fail(cluster, fallback, removal);  // finds each of them down
  EXPECT_THAT(must_fail(cluster, fallback, removal).status.message(), HasSubstr("read the key again"));
  must_put(cluster, fallback, with_quorum(add("bread"), 1));
  for (const std::size_t node : primaries) ASSERT_TRUE(cluster.start(node).is_ok());
  settle(cluster);
  EXPECT_EQ(must_get(cluster, fallback, with_quorum(get_from("sets"), 3)).resolved.value, R"(["bread"])");
}

TEST(OperationRequest, IsCountedOnceUnderItsOpId) {
  Cluster cluster(with_datatypes());
  for (int i = 0; i < 3; ++i) must_put(cluster, 1, with_op(count(), 7));
  EXPECT_EQ(shown(cluster, 0, "counters"), "1");
  settle(cluster);
  must_put(cluster, 2, with_op(count(), 7));
  EXPECT_EQ(shown(cluster, 0, "counters"), "1") << "every replica knows it by now";
  must_put(cluster, 0, with_op(operation_of("sets", "k", "add_all", R"(,"elements":["a","b","c"])"), 8));
  EXPECT_EQ(shown(cluster, 0), R"(["a","b","c"])");
}

TEST(OperationRequest, ADeletionTakesWhatWasSeenAndTheKeyIsNotFound) {
  Cluster cluster(with_datatypes());
  must_put(cluster, 0, add("milk"));
  const std::string token = seen(cluster, 0);
  must_put(cluster, 0, add("bread"));
  PutRequest removal = removal_of("k");
  removal.head.keyspace = "sets";
  must_put(cluster, 0, with_context(removal, token));
  EXPECT_EQ(shown(cluster, 1), R"(["bread"])");
  must_put(cluster, 0, removal);
  EXPECT_FALSE(must_get(cluster, 1, get_from("sets")).found);
  must_put(cluster, 2, add("eggs"));
  EXPECT_EQ(shown(cluster, 0), R"(["eggs"])");
}

TEST(OperationRequest, SiblingsOfADataTypeHaveNoLimit) {
  ClusterOptions options = with_datatypes();
  for (KeyspaceRules& rules : options.others) rules.max_siblings = 2;
  Cluster cluster(options);
  const std::string nothing = seen(cluster, 0);
  for (int i = 0; i < 5; ++i) must_put(cluster, 0, with_context(add("e" + std::to_string(i)), nothing));
  PutRequest removal = removal_of("k");
  removal.head.keyspace = "sets";
  must_put(cluster, 0, with_context(removal, nothing));
  EXPECT_EQ(shown(cluster, 1), R"(["e0","e1","e2","e3","e4"])");
}

TEST(OperationRequest, WhatItAddsExpires) {
  Cluster cluster(with_datatypes());
  must_put(cluster, 0, add("bread"));
  PutRequest brief = add("milk");
  brief.ttl = std::chrono::seconds(2);
  must_put(cluster, 0, brief);
  EXPECT_EQ(shown(cluster, 1), R"(["bread","milk"])");
  settle(cluster);
  EXPECT_EQ(shown(cluster, 1), R"(["bread"])");
}

TEST(OperationRequest, IsRefusedWhereItMakesNoSense) {
  Cluster cluster(with_datatypes());
  const auto refusal = [&](PutRequest request) {
    const Failure failure = must_fail(cluster, 0, std::move(request));
    EXPECT_EQ(failure.status.code(), Code::invalid_argument);
    return failure.status.message();
  };
  EXPECT_THAT(refusal(operation_of("sets", "k", "clear", "")),
              HasSubstr(R"(there are add, add_all, remove and remove_all, for example {"op":"add","element":"milk"})"));
  EXPECT_THAT(refusal(operation_of("sets", "k", "add", "")), HasSubstr("element"));
  EXPECT_THAT(refusal(operation_of("default", "k", "add", "")), HasSubstr("holds values"));
  PutRequest value = put_of("k", "v");
  value.head.keyspace = "sets";
  EXPECT_THAT(refusal(value), HasSubstr("changed by operations: add, add_all"));
  EXPECT_FALSE(must_get(cluster, 0, get_from("sets")).found);
}

TEST(OperationRequest, MayNotMakeTheKeyLongerThanAValueMayBe) {
  ClusterOptions options = with_datatypes();
  for (KeyspaceRules& rules : options.others) rules.max_value_bytes = 200;
  Cluster cluster(options);
  must_put(cluster, 0, add(std::string(100, 'a')));
  EXPECT_EQ(must_fail(cluster, 0, add(std::string(100, 'b'))).status.code(), Code::too_large);
  EXPECT_EQ(must_fail(cluster, 0, add(std::string(300, 'b'))).status.code(), Code::too_large);
  must_put(cluster, 0, remove(std::string(100, 'a')));
  must_put(cluster, 0, add(std::string(100, 'b')));
}

}  // namespace
}  // namespace stator::simulation
