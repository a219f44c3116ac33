#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/metrics/metrics.h"

namespace stator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<MetricSeries> series(const std::string& storage, double value) {
  return {{"stator_some_engine_reads_total", "Reads.", {{"storage", storage}}, MetricSeries::Kind::counter, [value] {
             return value;
           }}};
}

TEST(PluginMetrics, AreOnThePageAsLongAsTheirOwnerLives) {
  Metrics metrics;
  auto fast = metrics.show(series("fast", 3));
  auto slow = metrics.show(series("slow", 5));
  std::string page = metrics.text();
  EXPECT_THAT(page, HasSubstr("stator_some_engine_reads_total{storage=\"fast\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("stator_some_engine_reads_total{storage=\"slow\"} 5\n"));
  const std::string type = "# TYPE stator_some_engine_reads_total counter";
  EXPECT_EQ(page.find(type), page.rfind(type)) << "one family, whoever shows it";
  EXPECT_NE(page.find(type), std::string::npos);
  fast.reset();
  page = metrics.text();
  EXPECT_THAT(page, Not(HasSubstr("storage=\"fast\"")));
  EXPECT_THAT(page, HasSubstr("storage=\"slow\""));
}

}  // namespace
}  // namespace stator
