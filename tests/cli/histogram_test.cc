#include "cli/bench/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace stator::cli {
namespace {

using Values = std::vector<std::uint64_t>;

/// Latencies of all magnitudes, up to just below the ceiling.
rc::Gen<Values> values() {
  const auto value = rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 42), rc::gen::arbitrary<std::uint64_t>()),
                                  [](const auto& p) { return p.second >> (63 - p.first) >> 1; });
  return rc::gen::nonEmpty(rc::gen::container<Values>(value));
}

std::uint64_t exact_quantile(Values values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

template <typename AnyHistogram>
AnyHistogram recorded(const Values& values) {
  AnyHistogram histogram;
  for (const std::uint64_t value : values) {
    histogram.record(value);
  }
  return histogram;
}

/// The law: never below the exact quantile, and at most 1/1024 above it.
template <typename AnyHistogram>
bool keeps_three_digits(const Values& values) {
  const auto histogram = recorded<AnyHistogram>(values);
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const std::uint64_t exact = exact_quantile(values, q);
    const std::uint64_t found = histogram.quantile(q);
    if (found < exact || found - exact > exact / 1024) {
      return false;
    }
  }
  return true;
}

RC_GTEST_PROP(Histogram, QuantilesAreExactToThreeDigits, ()) { RC_ASSERT(keeps_three_digits<Histogram>(*values())); }

RC_GTEST_PROP(Histogram, CountMaxAndMeanAreExact, ()) {
  const Values all = *values();
  const auto histogram = recorded<Histogram>(all);
  RC_ASSERT(histogram.count() == all.size());
  RC_ASSERT(histogram.max() == *std::max_element(all.begin(), all.end()));
  const double sum = std::accumulate(all.begin(), all.end(), 0.0);
  const double mean = sum / static_cast<double>(all.size());
  RC_ASSERT(std::abs(histogram.mean() - mean) <= mean * 1e-9);
}

RC_GTEST_PROP(Histogram, MergingIsRecordingIntoOne, ()) {
  const Values first = *values();
  const Values second = *values();
  auto merged = recorded<Histogram>(first);
  merged.merge(recorded<Histogram>(second));
  Values all = second;  // in another order, too
  all.insert(all.end(), first.begin(), first.end());
  const auto whole = recorded<Histogram>(all);
  for (const double q : {0.0, 0.3, 0.5, 0.9, 0.99, 1.0}) {
    RC_ASSERT(merged.quantile(q) == whole.quantile(q));
  }
  RC_ASSERT(merged.count() == whole.count());
  RC_ASSERT(merged.max() == whole.max());
}

TEST(Histogram, SmallValuesAreExact) {
  Values all(2048);
  std::iota(all.begin(), all.end(), 0);
  const auto histogram = recorded<Histogram>(all);
  EXPECT_EQ(histogram.quantile(0.5), 1023u);
  EXPECT_EQ(histogram.quantile(1), 2047u);
}

TEST(Histogram, NothingRecordedIsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.99), 0u);
  EXPECT_EQ(histogram.mean(), 0);
}

TEST(Histogram, ValuesAboveTheCeilingAreCountedAndKeepTheirMaximum) {
  auto histogram = recorded<Histogram>({1, Histogram::kCeiling, UINT64_MAX});
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.max(), UINT64_MAX);
  EXPECT_EQ(histogram.quantile(0.3), 1u);
  EXPECT_EQ(histogram.quantile(1), UINT64_MAX);
}

/// A liar: buckets of powers of two, as cheap histograms have them.
class PowersOfTwo {
 public:
  void record(std::uint64_t value) { inner_.record(std::bit_ceil(value)); }
  std::uint64_t quantile(double q) const { return inner_.quantile(q); }

 private:
  Histogram inner_;
};

/// A liar: takes a share of the largest value for a quantile.
class ShareOfMaximum {
 public:
  void record(std::uint64_t value) { max_ = std::max(max_, value); }
  std::uint64_t quantile(double q) const { return static_cast<std::uint64_t>(q * static_cast<double>(max_)); }

 private:
  std::uint64_t max_ = 0;
};

TEST(HistogramLiars, AreCaught) {
  EXPECT_FALSE(keeps_three_digits<PowersOfTwo>({5000, 70'000, 900'000}));
  EXPECT_FALSE(keeps_three_digits<ShareOfMaximum>({5000, 70'000, 900'000}));
  EXPECT_TRUE(keeps_three_digits<Histogram>({5000, 70'000, 900'000}));
}

}  // namespace
}  // namespace stator::cli
