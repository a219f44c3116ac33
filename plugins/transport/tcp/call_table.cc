#include "call_table.h"

#include <algorithm>
#include <utility>

namespace stator::tcp {

std::uint64_t CallTable::add(TimePoint deadline, Transport::Done done) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
    deadlines_.push_back(kNever);
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  slots_[index].done = std::move(done);
  deadlines_[index] = std::min(deadline, kNever - Duration(1));
  earliest_ = std::min(earliest_, deadlines_[index]);
  ++size_;
  return (std::uint64_t{slots_[index].generation} << 32) | index;
}

bool CallTable::has(std::uint64_t id) const {
  const auto index = static_cast<std::uint32_t>(id);
  return index < slots_.size() && deadlines_[index] != kNever && slots_[index].generation == id >> 32;
}

Transport::Done CallTable::take(std::uint64_t id) {
  return has(id) ? release(static_cast<std::uint32_t>(id)) : Transport::Done();
}

std::vector<Transport::Done> CallTable::take_expired(TimePoint now) {
  std::vector<Transport::Done> expired;
  earliest_ = kNever;
  for (std::uint32_t index = 0; index < deadlines_.size(); ++index) {
    if (deadlines_[index] == kNever) continue;
    if (deadlines_[index] <= now) {
      expired.push_back(release(index));
    } else {
      earliest_ = std::min(earliest_, deadlines_[index]);
    }
  }
  return expired;
}

Transport::Done CallTable::release(std::uint32_t index) {
  ++slots_[index].generation;
  deadlines_[index] = kNever;
  free_.push_back(index);
  if (--size_ == 0) earliest_ = kNever;
  return std::move(slots_[index].done);
}

}  // namespace stator::tcp
