#pragma once

#include <algorithm>
#include <cstdint>

#include "stator/host.h"

namespace stator {

/// A token bucket over bytes: a tenth of a second's worth at once, then so many a second. What is spent may overdraw
/// it, since the size of an answer is known only when it is here; nothing more may be spent until that is paid back.
/// [serial]
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t bytes_per_second)
      : rate_(static_cast<double>(std::max<std::uint64_t>(bytes_per_second, 1))), left_(rate_ / 10) {}

  /// How long until something may be spent; zero: now.
  Duration wait(TimePoint now) {
    refill(now);
    if (left_ >= 0) return Duration(0);
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(-left_ / rate_)) + Duration(1);
  }
  void spend(std::size_t bytes, TimePoint now) {
    refill(now);
    left_ -= static_cast<double>(bytes);
  }

 private:
  void refill(TimePoint now) {
    if (last_ != TimePoint()) left_ += rate_ * std::chrono::duration<double>(now - last_).count();
    left_ = std::min(left_, rate_ / 10);
    last_ = now;
  }

  const double rate_;
  double left_;
  TimePoint last_{};
};

}  // namespace stator
