#include "cli/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace stator::cli {
namespace {

constexpr int kHalfBits = 10;  // 1024 buckets in each power of two: three significant digits
constexpr std::uint64_t kHalf = std::uint64_t{1} << kHalfBits;

/// How many low bits the bucket of `value` does not tell apart.
int shift_of(std::uint64_t value) { return std::max(0, static_cast<int>(std::bit_width(value)) - (kHalfBits + 1)); }

}  // namespace

Histogram::Histogram() : buckets_(bucket_of(kCeiling - 1) + 1) {}

std::size_t Histogram::bucket_of(std::uint64_t value) {
  const int shift = shift_of(value);
  return static_cast<std::size_t>(shift) * kHalf + (value >> shift);
}

std::uint64_t Histogram::top_of(std::size_t bucket) {
  const std::uint64_t shift = bucket < 2 * kHalf ? 0 : bucket / kHalf - 1;
  return ((bucket - shift * kHalf + 1) << shift) - 1;
}

void Histogram::record(std::uint64_t value) {
  ++buckets_[bucket_of(std::min(value, kCeiling - 1))];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    buckets_[i] += other.buckets_[i];
  }
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

std::uint64_t Histogram::quantile(double q) const {
  const double share = std::clamp(q, 0.0, 1.0) * static_cast<double>(count_);
  const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) {
      // The last bucket has no top of its own: it holds all that is above the ceiling.
      return i + 1 == buckets_.size() ? max_ : std::min(top_of(i), max_);
    }
  }
  return max_;
}

}  // namespace stator::cli
