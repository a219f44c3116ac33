#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernel/healing/token_bucket.h"
#include "stator/host.h"

namespace stator {

/// How fast one target may be sent its hints: bytes per second, few in flight at first and more with every one that it
/// takes, and a pause, longer each time, when it does not answer or says that it has too much to do. Pure.
class HintPace {
 public:
  struct Options {
    std::uint64_t bytes_per_second = 16 << 20;
    std::size_t most_in_flight = 32;
    Duration first_pause = std::chrono::milliseconds(100);
    Duration longest_pause = std::chrono::seconds(2);
  };

  /// Sends nothing before `start`.
  HintPace(Options options, TimePoint start)
      : options_(options), bucket_(options.bytes_per_second, start), start_(start) {}

  bool may_send(TimePoint now) { return now >= start_ && in_flight_ < window_ && bucket_.ready(now); }
  /// When it may, as far as time alone decides that.
  TimePoint next(TimePoint now) { return std::max(start_, bucket_.ready_at(now)); }
  bool full() const { return in_flight_ >= window_; }

  /// One is under way: read first, then sent; or nothing was left to send.
  void begin() { ++in_flight_; }
  void sent(std::uint64_t bytes, TimePoint now) { bucket_.spend(bytes, now); }
  void left_out() { --in_flight_; }
  void acknowledged() {
    --in_flight_;
    window_ = std::min(window_ + 1, options_.most_in_flight);
    pause_ = Duration(0);
  }
  /// `spread` in [0, 1): by it pauses of several senders differ.
  void failed(TimePoint now, double spread) {
    --in_flight_;
    window_ = 1;
    if (now < start_) return;  // several were in flight: it is one failure
    pause_ = std::clamp(pause_ * 2, options_.first_pause, options_.longest_pause);
    start_ = now + std::chrono::duration_cast<Duration>(pause_ * (0.5 + spread / 2));
  }

 private:
  Options options_;
  TokenBucket bucket_;
  TimePoint start_;
  Duration pause_{0};
  std::size_t window_ = 1;
  std::size_t in_flight_ = 0;
};

}  // namespace stator
