#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace stator::simulation {

/// 1 … count; or the one seed in the environment's STATOR_SEED, to replay a failure.
inline std::vector<std::uint64_t> seeds(std::size_t count) {
  if (const char* one = std::getenv("STATOR_SEED")) return {std::strtoull(one, nullptr, 10)};
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 1; seed <= count; ++seed) all.push_back(seed);
  return all;
}

/// What a failure of that seed prints: " [replay: STATOR_SEED=7, this test alone]".
inline std::string replay_hint(std::uint64_t seed) {
  return " [replay: STATOR_SEED=" + std::to_string(seed) + " with --gtest_filter of this test]";
}

}  // namespace stator::simulation
