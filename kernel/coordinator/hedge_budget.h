#pragma once

#include <algorithm>
#include <cstdint>

namespace stator {

/// How many more questions reads may ask than they must: one for every twenty reads, and a few saved up. Pure.
/// (Dean, Barroso: "The Tail at Scale", 2013.)
class HedgeBudget {
 public:
  void earn() { saved_ = std::min(saved_ + kPerRead, kMostSaved); }
  /// Whether one more may be asked; it is then paid for.
  bool spend() {
    if (saved_ < 1.0) return false;
    saved_ -= 1.0;
    ++spent_;
    return true;
  }
  std::uint64_t spent() const { return spent_; }

 private:
  static constexpr double kPerRead = 0.05;
  static constexpr double kMostSaved = 10.0;
  double saved_ = 1.0;
  std::uint64_t spent_ = 0;
};

}  // namespace stator
