#pragma once

#include <cstdint>
#include <vector>

#include "stator/host.h"
#include "stator/transport.h"

namespace stator::tcp {

/// The calls of one line that are not answered yet, by id. [serial]
class CallTable {
 public:
  /// The id is not given to another call before 2^32 calls took this one's place.
  std::uint64_t add(TimePoint deadline, Transport::Done done);
  bool has(std::uint64_t id) const;
  /// Empty if there is no such call (any more).
  Transport::Done take(std::uint64_t id);
  /// Moves out every call whose deadline is at most `now`.
  std::vector<Transport::Done> take_expired(TimePoint now);
  std::vector<Transport::Done> take_all() { return take_expired(kNever); }
  std::size_t size() const { return size_; }
  /// No call expires before. Exact after take_expired; calls that ended since make it too early, never too late, so
  /// that there is nothing to do when a call ends in time.
  TimePoint earliest() const { return earliest_; }

  static constexpr TimePoint kNever = TimePoint::max();

 private:
  struct Slot {
    Transport::Done done;
    std::uint32_t generation = 0;
  };
  Transport::Done release(std::uint32_t index);

  std::vector<Slot> slots_;
  std::vector<TimePoint> deadlines_;  ///< beside the slots, since a sweep reads nothing else; kNever: free
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  TimePoint earliest_ = kNever;
};

}  // namespace stator::tcp
