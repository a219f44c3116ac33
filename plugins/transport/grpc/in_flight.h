#pragma once

#include <cstdint>
#include <vector>

#include "stator/host.h"
#include "stator/transport.h"

namespace stator::grpc_transport {

/// The requests to one peer that await their reply, by id. Pure: told the time, and hands back whom to tell.
/// An id is never used again while a reply to its earlier use could still arrive. [serial]
class InFlight {
 public:
  /// The id to send, never 0.
  std::uint64_t add(TimePoint deadline, Transport::Done done);
  /// Whose reply this is; empty if its request was answered already or never made.
  Transport::Done take(std::uint64_t id);
  /// Takes all whose deadline is `now` or earlier, in no order.
  std::vector<Transport::Done> take_due(TimePoint now);
  std::vector<Transport::Done> take_all();
  std::size_t size() const { return size_; }
  /// No deadline is earlier; it may be that none is this early any more. TimePoint::max() if empty.
  TimePoint earliest() const { return size_ == 0 ? TimePoint::max() : earliest_; }

 private:
  struct Slot {
    Transport::Done done;  // empty: free
    TimePoint deadline;
    std::uint32_t use = 0;  // counted, and the upper half of the id
  };
  Transport::Done release(std::size_t at);

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  TimePoint earliest_ = TimePoint::max();
};

}  // namespace stator::grpc_transport
