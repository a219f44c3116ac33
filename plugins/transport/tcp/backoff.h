#pragma once

#include <algorithm>
#include <cstdint>

#include "stator/host.h"

namespace stator::tcp {

/// How long a peer that could not be reached is left alone: 100 ms, doubling to 1 s, each shortened by up to a half at
/// random so that many do not come back at once. Pure. [serial]
class Backoff {
 public:
  static constexpr Duration kFirst = std::chrono::milliseconds(100);
  static constexpr Duration kLongest = std::chrono::seconds(1);

  void failed(TimePoint now, std::uint64_t random) {
    next_ = failures_++ == 0 ? kFirst : std::min(next_ * 2, kLongest);
    until_ = now + next_ - next_ * static_cast<std::int64_t>(random % 512) / 1024;
  }
  void succeeded() { *this = {}; }
  bool blocks(TimePoint now) const { return failures_ > 0 && now < until_; }
  int failures() const { return failures_; }

 private:
  int failures_ = 0;
  Duration next_{};
  TimePoint until_{};
};

}  // namespace stator::tcp
