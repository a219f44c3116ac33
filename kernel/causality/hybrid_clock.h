#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "stator/version.h"

namespace stator {

/// A hybrid logical clock that never gives a stamp above a durable limit, so that after any restart it can go on above
/// everything it ever gave. Wall time comes in as an argument; the clock reads none itself. [any-thread, lock-free]
/// (Kulkarni, Demirbas, Madappa, Avva, Leone: "Logical Physical Clocks", 2014.)
class HybridClock {
 public:
  /// `start` is a stamp that no earlier life of this node has passed: its last durable limit.
  HybridClock(Stamp start, std::chrono::milliseconds max_skew)
      : last_(start.bits), limit_(start.bits), max_skew_(max_skew) {}

  /// A fresh stamp, above every other this clock gave or saw; nothing when that would pass the durable limit.
  std::optional<Stamp> tick(std::uint64_t wall_millis);
  /// The clock as it stands, which no limit bounds; every later stamp is above it, and no later reading below.
  Stamp read(std::uint64_t wall_millis);
  /// Takes note of a stamp from elsewhere. False, and no effect, when it is further ahead of the wall than max_skew.
  bool observe(Stamp remote, std::uint64_t wall_millis);
  /// Everything up to `limit` may now be given; call only when that limit is durable. Never lowers it.
  void raise_limit(Stamp limit);

  Stamp last() const { return {last_.load()}; }
  Stamp limit() const { return {limit_.load()}; }

 private:
  void advance(Stamp stamp);

  std::atomic<std::uint64_t> last_;
  std::atomic<std::uint64_t> limit_;
  const std::chrono::milliseconds max_skew_;
};

}  // namespace stator
