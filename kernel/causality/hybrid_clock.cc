#include "kernel/causality/hybrid_clock.h"

#include <algorithm>

namespace stator {

std::optional<Stamp> HybridClock::tick(std::uint64_t wall_millis) {
  std::uint64_t last = last_.load();
  for (;;) {
    const std::uint64_t next = std::max(last + 1, Stamp::from_millis(wall_millis).bits);
    if (next > limit_.load()) return std::nullopt;
    if (last_.compare_exchange_weak(last, next)) return Stamp{next};
  }
}

void HybridClock::advance(Stamp stamp) {
  std::uint64_t last = last_.load();
  while (last < stamp.bits && !last_.compare_exchange_weak(last, stamp.bits)) {
  }
}

Stamp HybridClock::read(std::uint64_t wall_millis) {
  advance(Stamp::from_millis(wall_millis));
  return last();
}

bool HybridClock::observe(Stamp remote, std::uint64_t wall_millis) {
  if (remote.millis() > wall_millis + static_cast<std::uint64_t>(max_skew_.count())) return false;
  advance(remote);
  return true;
}

void HybridClock::raise_limit(Stamp limit) {
  std::uint64_t held = limit_.load();
  while (held < limit.bits && !limit_.compare_exchange_weak(held, limit.bits)) {
  }
}

}  // namespace stator
