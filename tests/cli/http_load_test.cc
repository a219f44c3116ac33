#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "cli/bench/benchmark.h"
#include "tests/cli/fake_node.h"

namespace stator::cli {
namespace {

/// Keeps values by target; answers as a node would.
class Store {
 public:
  std::string operator()(const FakeNode::Request& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    if (request.method == "PUT") {
      values_[path] = request.body;
      return "HTTP/1.1 204 No Content\r\nX-Stator-Context: c\r\n\r\n";
    }
    const auto found = values_.find(path);
    return found == values_.end() ? answer(404, "") : answer(200, found->second);
  }

 private:
  std::map<std::string, std::string> values_;
};

BenchOptions options_for(const std::vector<Endpoint>& targets) {
  BenchOptions options;
  options.load.targets = targets;
  options.load.connections = 4;
  options.load.timeout = std::chrono::milliseconds(5000);
  options.keys.keys = 50;
  options.seconds = 0.2;
  options.warmup = 0;
  return options;
}

BenchReport measured(const BenchOptions& options) {
  auto benchmark = Benchmark::create(options);
  EXPECT_TRUE(benchmark.is_ok());
  auto report = benchmark->run();
  EXPECT_TRUE(report.is_ok()) << report.status().text();
  return *report;
}

TEST(HttpLoad, CountsWhatTheServersSaw) {
  FakeNode one((Store()));
  FakeNode other((Store()));
  const BenchReport report = measured(options_for({one.endpoint(), other.endpoint()}));
  EXPECT_GT(report.tally.answered(), 0u);
  EXPECT_EQ(report.tally.writes.count(), one.requests().size() + other.requests().size());
  EXPECT_EQ(report.tally.failed, 0u);
  EXPECT_EQ(one.connections(), 2u);
  EXPECT_EQ(other.connections(), 2u);
  for (const auto& request : one.requests()) {
    EXPECT_EQ(request.method, "PUT");
    EXPECT_EQ(request.body.size(), 128u);
  }
}

TEST(HttpLoad, PreloadWritesEveryKeyOnceAndThenNothingIsMissing) {
  FakeNode node((Store()));
  BenchOptions options = options_for({node.endpoint()});
  options.op = "get";
  options.threads = 3;  // a number that does not divide the keys
  auto benchmark = Benchmark::create(options);
  ASSERT_TRUE(benchmark.is_ok());
  ASSERT_TRUE(benchmark->preload().is_ok());
  std::set<std::string> targets;
  for (const auto& request : node.requests()) {
    EXPECT_EQ(request.method, "PUT");
    targets.insert(request.target);
  }
  EXPECT_EQ(node.requests().size(), 50u);
  EXPECT_EQ(targets.size(), 50u);

  const auto report = benchmark->run();
  ASSERT_TRUE(report.is_ok());
  EXPECT_GT(report->tally.reads.count(), 0u);
  EXPECT_EQ(report->tally.missing, 0u);
  EXPECT_EQ(node.requests().size(), 50 + report->tally.reads.count());
}

TEST(HttpLoad, MissingKeysAreAnswersAndRefusalsAreErrors) {
  FakeNode node(
      [](const FakeNode::Request& request) { return request.method == "GET" ? answer(404, "") : answer(503, "{}"); });
  BenchOptions options = options_for({node.endpoint()});
  options.op = "mix";
  const BenchReport report = measured(options);
  EXPECT_GT(report.tally.missing, 0u);
  EXPECT_EQ(report.tally.missing, report.tally.reads.count());
  EXPECT_EQ(report.tally.writes.count(), 0u);
  EXPECT_GT(report.tally.failed, 0u);
  EXPECT_EQ(report.tally.errors.at("HTTP 503"), report.tally.failed);
}

TEST(HttpLoad, OpenLoopSendsTheRateThatWasAskedFor) {
  FakeNode node((Store()));
  BenchOptions options = options_for({node.endpoint()});
  options.rate = 200;
  options.seconds = 0.5;
  const BenchReport report = measured(options);
  EXPECT_EQ(report.tally.answered() + report.tally.unsent, 100u);
}

TEST(HttpLoad, ConnectionsThatEndAreMadeAgain) {
  FakeNode closing([](const FakeNode::Request&) { return answer(200, "v", "Connection: close\r\n"); });
  BenchOptions options = options_for({closing.endpoint()});
  options.op = "get";
  options.load.connections = 1;
  const BenchReport report = measured(options);
  EXPECT_GT(report.tally.answered(), 1u);
  EXPECT_EQ(report.tally.failed, 0u);

  FakeNode vanishing([](const FakeNode::Request&) { return ""; });
  options.load.targets = {vanishing.endpoint()};
  const BenchReport broken = measured(options);
  EXPECT_EQ(broken.tally.answered(), 0u);
  EXPECT_GT(broken.tally.failed, 1u);
  EXPECT_EQ(broken.tally.errors.at("connection"), broken.tally.failed);
}

TEST(HttpLoad, SilenceIsATimeout) {
  FakeNode silent([](const FakeNode::Request&) { return "HTTP/1.1 200 OK\r\n"; });
  BenchOptions options = options_for({silent.endpoint()});
  options.load.timeout = std::chrono::milliseconds(50);
  const BenchReport report = measured(options);
  EXPECT_GE(report.tally.errors.at("timeout"), 4u);
}

TEST(HttpLoad, LargeValuesGoBothWays) {
  FakeNode node((Store()));
  BenchOptions options = options_for({node.endpoint()});
  options.keys.keys = 4;
  options.load.value_bytes = 3'000'000;
  auto benchmark = Benchmark::create(options);
  ASSERT_TRUE(benchmark.is_ok());
  ASSERT_TRUE(benchmark->preload().is_ok());
  for (const auto& request : node.requests()) {
    EXPECT_EQ(request.body.size(), 3'000'000u);
  }
  options.op = "get";
  options.seconds = 0.05;
  const BenchReport report = measured(options);
  EXPECT_GT(report.tally.reads.count(), 0u);
  EXPECT_EQ(report.tally.missing + report.tally.failed, 0u);
}

TEST(HttpLoad, PreloadGivesUpWhenNobodyAnswers) {
  Endpoint gone;
  {
    FakeNode node([](const FakeNode::Request&) { return ""; });
    gone = node.endpoint();
  }
  BenchOptions options = options_for({gone});
  options.load.timeout = std::chrono::milliseconds(100);
  auto benchmark = Benchmark::create(options);
  ASSERT_TRUE(benchmark.is_ok());
  const Status status = benchmark->preload();
  EXPECT_EQ(status.code(), Code::unavailable);
  EXPECT_NE(status.message().find("0 of 50 keys"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find("refused"), std::string::npos) << status.message();
}

TEST(HttpLoad, AnUnknownHostIsSaidBeforeAnythingRuns) {
  EXPECT_EQ(Benchmark::create(options_for({{"http", "no such host", "1"}})).status().code(), Code::unavailable);
}

}  // namespace
}  // namespace stator::cli
