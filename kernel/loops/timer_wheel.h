#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "stator/task.h"

namespace stator {

/// Tasks that wait for a tick of a counter that only grows: a hashed timing wheel (Varghese and Lauck, 1987, scheme 6).
/// It knows no clock. [serial]
///
/// Laws: a task comes out at the first advance() that reaches its tick, never before; earlier ticks come out first,
/// equal ones in the order they were armed; a cancelled task never comes out. arm and cancel cost the same however many
/// tasks wait.
class TimerWheel {
 public:
  /// Below 2^56, never 0, and not used again before 2^28 others were.
  using Id = std::uint64_t;

  TimerWheel();
  /// A tick that advance() has already reached counts as the next one: what arms itself anew cannot spin.
  Id arm(std::uint64_t tick, Task task);
  /// Whether the task was still waiting. It is destroyed here.
  bool cancel(Id id);
  /// Makes every task whose tick is at most `tick` due.
  void advance(std::uint64_t tick);
  /// The next due task, or an empty one. A due task that nobody popped can still be cancelled.
  Task pop_due();
  /// No task comes out before this tick; it may be too early for tasks more than one turn of the wheel ahead, never too
  /// late.
  std::optional<std::uint64_t> next() const;
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t kSlots = 4096;
  static constexpr std::uint32_t kDue = kSlots;  ///< the list behind the last slot: what pop_due() takes from
  static constexpr std::uint32_t kNone = ~0u;
  struct Node {
    Task task;
    std::uint64_t tick = 0;
    std::uint32_t generation = 1;
    std::uint32_t list = kNone;  ///< kNone: free
    std::uint32_t previous = kNone;
    std::uint32_t next = kNone;
  };
  struct List {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
  };

  void append(std::uint32_t list, std::uint32_t index);
  void unlink(std::uint32_t index);
  Task release(std::uint32_t index);
  void move_due(std::uint32_t slot);
  std::uint32_t distance_to_occupied(std::uint32_t slot) const;

  std::vector<Node> nodes_;
  std::uint32_t free_ = kNone;  ///< a list through Node::next
  std::array<List, kSlots + 1> lists_{};
  std::array<std::uint64_t, kSlots / 64> occupied_{};  ///< one bit for each slot that is not empty
  std::uint64_t cursor_ = 0;                           ///< the next tick to reach
  std::size_t size_ = 0;
};

}  // namespace stator
