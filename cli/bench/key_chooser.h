#pragma once

#include <cstdint>
#include <span>

#include "cli/bench/random.h"

namespace stator::cli {

/// Which key the next operation is about.
enum class Distribution {
  uniform,
  zipfian,     ///< the key of rank i is drawn in proportion to 1 / i^theta; ranks are scattered over the keys
  sequential,  ///< 0, 1, 2 … for writing every key once
};

/// How many bytes every key has.
constexpr std::size_t kKeyBytes = 16;
/// More keys than this are refused at the command line: scattering needs a prime above it.
constexpr std::uint64_t kMaxKeys = 1'000'000'000;

/// An endless sequence of key numbers in [0, keys). Deterministic: a seed gives one sequence. A value. [serial]
class KeyChooser {
 public:
  struct Options {
    Distribution distribution = Distribution::uniform;
    std::uint64_t keys = 1;  ///< 1 to kMaxKeys
    double theta = 0.99;     ///< in (0, 1), of the zipfian distribution
    std::uint64_t seed = 1;
    std::uint64_t first = 0;  ///< where a sequential one begins
  };

  /// Takes time in proportion to the number of keys if zipfian: it sums their weights.
  explicit KeyChooser(const Options& options);
  std::uint64_t next();

  /// The key that the popularity rank `rank` (0 is the most popular) stands for: a bijection on [0, keys).
  static std::uint64_t scatter(std::uint64_t rank, std::uint64_t keys);

 private:
  std::uint64_t next_rank();

  Options options_;
  Random random_;
  std::uint64_t position_;
  double zeta_ = 0;   // sum of the weights of all keys
  double alpha_ = 0;  // these two as in Gray et al., figure 2
  double eta_ = 0;
};

/// Writes "key-000000012345" for a number below 10^12.
void write_key(std::uint64_t number, std::span<char, kKeyBytes> out);

}  // namespace stator::cli
