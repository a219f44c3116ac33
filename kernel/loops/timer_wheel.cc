#include "kernel/loops/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace stator {
namespace {

constexpr unsigned kIndexBits = 28;
constexpr std::uint32_t kIndexMask = (1u << kIndexBits) - 1;

}  // namespace

TimerWheel::TimerWheel() = default;

TimerWheel::Id TimerWheel::arm(std::uint64_t tick, Task task) {
  if (free_ == kNone) {
    free_ = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  }
  const std::uint32_t index = free_;
  Node& node = nodes_[index];
  free_ = node.next;
  node.task = std::move(task);
  node.tick = std::max(tick, cursor_);
  append(static_cast<std::uint32_t>(node.tick % kSlots), index);
  ++size_;
  return (std::uint64_t{node.generation} << kIndexBits) | index;
}

bool TimerWheel::cancel(Id id) {
  const auto index = static_cast<std::uint32_t>(id & kIndexMask);
  if (index >= nodes_.size()) return false;
  if (nodes_[index].list == kNone || nodes_[index].generation != id >> kIndexBits) return false;
  release(index);
  return true;
}

void TimerWheel::advance(std::uint64_t tick) {
  while (cursor_ <= tick) {
    if (size_ == 0) {
      cursor_ = tick + 1;
      return;
    }
    const auto slot = static_cast<std::uint32_t>(cursor_ % kSlots);
    const std::uint32_t distance = distance_to_occupied(slot);
    if (distance > tick - cursor_) {
      cursor_ = tick + 1;
      return;
    }
    cursor_ += distance;
    move_due(static_cast<std::uint32_t>(cursor_ % kSlots));
    ++cursor_;
  }
}

Task TimerWheel::pop_due() {
  const std::uint32_t index = lists_[kDue].first;
  return index == kNone ? Task() : release(index);
}

std::optional<std::uint64_t> TimerWheel::next() const {
  if (size_ == 0) return std::nullopt;
  if (lists_[kDue].first != kNone) return cursor_ - 1;
  return cursor_ + distance_to_occupied(static_cast<std::uint32_t>(cursor_ % kSlots));
}

void TimerWheel::append(std::uint32_t list, std::uint32_t index) {
  Node& node = nodes_[index];
  List& into = lists_[list];
  node.list = list;
  node.next = kNone;
  node.previous = into.last;
  (into.last == kNone ? into.first : nodes_[into.last].next) = index;
  into.last = index;
  if (list != kDue) occupied_[list / 64] |= std::uint64_t{1} << (list % 64);
}

void TimerWheel::unlink(std::uint32_t index) {
  const Node& node = nodes_[index];
  List& from = lists_[node.list];
  (node.previous == kNone ? from.first : nodes_[node.previous].next) = node.next;
  (node.next == kNone ? from.last : nodes_[node.next].previous) = node.previous;
  if (from.first == kNone && node.list != kDue) occupied_[node.list / 64] &= ~(std::uint64_t{1} << (node.list % 64));
}

Task TimerWheel::release(std::uint32_t index) {
  unlink(index);
  Node& node = nodes_[index];
  node.list = kNone;
  node.generation = std::max(1u, (node.generation + 1) & kIndexMask);
  node.next = std::exchange(free_, index);
  --size_;
  return std::move(node.task);
}

/// A slot holds the tasks of every turn of the wheel; those of later turns stay.
void TimerWheel::move_due(std::uint32_t slot) {
  std::uint32_t index = lists_[slot].first;
  while (index != kNone) {
    const std::uint32_t following = nodes_[index].next;
    if (nodes_[index].tick <= cursor_) {
      unlink(index);
      append(kDue, index);
    }
    index = following;
  }
}

/// How many slots from `slot` on, around the wheel, to the first that is not empty; kSlots if all are.
std::uint32_t TimerWheel::distance_to_occupied(std::uint32_t slot) const {
  constexpr std::uint32_t kWords = kSlots / 64;
  const std::uint32_t first = slot / 64;
  const std::uint64_t rest = occupied_[first] >> (slot % 64);
  if (rest != 0) return static_cast<std::uint32_t>(std::countr_zero(rest));
  for (std::uint32_t i = 1; i <= kWords; ++i) {
    const std::uint64_t word = occupied_[(first + i) % kWords];
    if (word != 0) return i * 64 + static_cast<std::uint32_t>(std::countr_zero(word)) - slot % 64;
  }
  return kSlots;
}

}  // namespace stator
