#include "cli/bench/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include <nlohmann/json.hpp>

namespace stator::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

BenchOptions options() {
  BenchOptions result;
  result.op = "mix";
  result.load.targets = {{"http", "127.0.0.1", "8081"}, {"http", "127.0.0.1", "8082"}};
  return result;
}

/// 1000 writes of 1 to 1000 µs and one read of 2 ms, in two seconds.
BenchReport report() {
  BenchReport result;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    result.tally.writes.record(i * 1000);
  }
  result.tally.reads.record(2'000'000);
  result.tally.failed = 3;
  result.tally.errors["HTTP 503"] = 3;
  result.seconds = 2;
  return result;
}

TEST(BenchReport, JsonHasThroughputLatencyAndErrors) {
  BenchReport measured = report();
  measured.cpu = {std::chrono::microseconds(1001), std::chrono::microseconds(2002)};
  std::ostringstream out;
  print_json(measured, options(), out);
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(json["operations"], 1001);
  EXPECT_DOUBLE_EQ(json["throughput"], 500.5);
  EXPECT_NEAR(json["writes_us"]["p50"].get<double>(), 500, 1);
  EXPECT_NEAR(json["writes_us"]["p99_9"].get<double>(), 999, 1);
  EXPECT_DOUBLE_EQ(json["latency_us"]["max"], 2000);
  EXPECT_EQ(json["reads_us"]["count"], 1);
  EXPECT_EQ(json["errors"]["HTTP 503"], 3);
  EXPECT_DOUBLE_EQ(json["server_cpu_us_per_operation"], 3);
  EXPECT_EQ(json["targets"].size(), 2u);
}

TEST(BenchReport, TextSaysTheSame) {
  std::ostringstream out;
  print_text(report(), options(), out);
  EXPECT_THAT(out.str(), HasSubstr("throughput  500 operations/s"));
  EXPECT_THAT(out.str(), HasSubstr("3 x HTTP 503"));
  EXPECT_THAT(out.str(), HasSubstr("2.00 ms"));
  EXPECT_THAT(out.str(), Not(HasSubstr("server CPU")));
  EXPECT_THAT(out.str(), Not(HasSubstr("unsent")));
}

TEST(BenchReport, NothingAnsweredIsNoDivisionByZero) {
  BenchReport empty;
  empty.cpu = {std::chrono::microseconds(5)};
  EXPECT_EQ(empty.throughput(), 0);
  EXPECT_FALSE(empty.cpu_us_per_operation());
}

}  // namespace
}  // namespace stator::cli
