#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>

#include "stator/host.h"

namespace stator::simulation {

/// Chance for making plans: the same seed, the same throws, on every machine. [serial]
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::uint64_t bits() { return random_(); }
  std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }
  /// Both ends are in.
  int in(int least, int most) { return least + static_cast<int>(below(static_cast<std::size_t>(most - least) + 1)); }
  bool one_in(std::size_t chances) { return below(chances) == 0; }
  int pick(std::initializer_list<int> choices) { return *(choices.begin() + below(choices.size())); }
  Duration between(Duration least, Duration most) {
    return least + Duration(static_cast<std::int64_t>(below(static_cast<std::size_t>((most - least).count() + 1))));
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace stator::simulation
