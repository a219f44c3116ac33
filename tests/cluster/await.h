#pragma once

#include <chrono>
#include <thread>

namespace stator::cluster {

/// Far more than anything here takes, also in an instrumented build on a loaded machine: when it has passed, what was
/// waited for is not coming.
inline constexpr std::chrono::seconds kPatience{60};

/// Looks again and again until the condition holds; false when it does not come true in time.
template <typename Condition>
bool await(Condition condition, std::chrono::nanoseconds patience = kPatience) {
  constexpr std::chrono::milliseconds kBetweenLooks{2};
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(kBetweenLooks);
  }
  return true;
}

}  // namespace stator::cluster
