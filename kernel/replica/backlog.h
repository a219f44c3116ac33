#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace stator {

/// Whether an amount of work is too much: from `limit` on, and then until no more than half of that is left, so that
/// what was put off does not come back at once. Pure.
inline bool is_too_much(std::uint64_t amount, std::uint64_t limit, bool already) {
  return already ? amount > limit / 2 : amount >= limit;
}

/// What waits for one storage's disk, and whether that is so much that what can be done later should be. [any-thread]
class Backlog {
 public:
  struct Limits {
    std::size_t records = 8192;
    std::uint64_t bytes = 16 << 20;  ///< two of the committer's largest batches
  };

  /// [startup]
  void set_limits(Limits limits) { limits_ = limits; }

  void add(std::uint64_t bytes) {
    records_.fetch_add(1, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void done(std::uint64_t bytes) {
    records_.fetch_sub(1, std::memory_order_relaxed);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  /// By what waits now: nobody need come by for it to become false again.
  bool is_too_long() {
    const bool many = is_too_much(records_.load(), limits_.records, many_.load());
    const bool large = is_too_much(bytes_.load(), limits_.bytes, large_.load());
    many_.store(many);
    large_.store(large);
    return many || large;
  }

 private:
  Limits limits_;
  std::atomic<std::size_t> records_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> many_{false};
  std::atomic<bool> large_{false};
};

}  // namespace stator
