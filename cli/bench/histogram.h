#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stator::cli {

/// A count of values by size, exact to three significant digits: the log-linear buckets of an HDR histogram.
///
/// Laws: a quantile is never below the exact one over the same values and at most 1/1024 above it; merging is the
/// same as recording everything into one; the order of recording does not matter.
/// Values up to 2047 have a bucket each; above, every power of two is cut into 1024 buckets. A value, not a thread-safe
/// one.
class Histogram {
 public:
  /// Values at or above this share the last bucket; max() and mean() still know them exactly. 73 minutes in
  /// nanoseconds.
  static constexpr std::uint64_t kCeiling = std::uint64_t{1} << 42;

  Histogram();
  void record(std::uint64_t value);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  /// The smallest recorded value, rounded up to its bucket, that at least the share `q` of all values do not exceed;
  /// q is clamped to [0, 1]. 0 when nothing was recorded.
  std::uint64_t quantile(double q) const;
  std::uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

 private:
  static std::size_t bucket_of(std::uint64_t value);
  /// The greatest value that falls into the bucket.
  static std::uint64_t top_of(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace stator::cli
