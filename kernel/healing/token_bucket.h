#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "stator/host.h"

namespace stator {

/// Lets bytes pass at a rate; up to a second's worth is saved up. What is larger than what was saved passes too and is
/// paid for afterwards, so nothing is too large to ever pass. Pure.
class TokenBucket {
 public:
  TokenBucket(std::uint64_t bytes_per_second, TimePoint now)
      : rate_(static_cast<double>(std::max<std::uint64_t>(bytes_per_second, 1))), saved_(rate_), since_(now) {}

  bool ready(TimePoint now) { return fill(now) > 0; }
  void spend(std::uint64_t bytes, TimePoint now) { saved_ = fill(now) - static_cast<double>(bytes); }
  /// When it is ready, if nothing is spent until then.
  TimePoint ready_at(TimePoint now) {
    if (fill(now) > 0) return now;
    const std::chrono::duration<double> wait((1.0 - saved_) / rate_);
    return now + std::chrono::duration_cast<Duration>(wait) + Duration(1);
  }

 private:
  double fill(TimePoint now) {
    const std::chrono::duration<double> passed = now - since_;
    since_ = now;
    saved_ = std::min(rate_, saved_ + passed.count() * rate_);
    return saved_;
  }

  double rate_;
  double saved_;
  TimePoint since_;
};

}  // namespace stator
