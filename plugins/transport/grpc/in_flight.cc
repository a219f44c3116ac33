#include "in_flight.h"

#include <algorithm>
#include <utility>

namespace stator::grpc_transport {

std::uint64_t InFlight::add(TimePoint deadline, Transport::Done done) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  std::uint32_t at = free_.back();
  free_.pop_back();
  Slot& slot = slots_[at];
  slot.done = std::move(done);
  slot.deadline = deadline;
  if (++slot.use == 0) slot.use = 1;
  earliest_ = size_ == 0 ? deadline : std::min(earliest_, deadline);
  ++size_;
  return static_cast<std::uint64_t>(slot.use) << 32 | at;
}

Transport::Done InFlight::take(std::uint64_t id) {
  std::size_t at = id & 0xFFFFFFFF;
  if (at >= slots_.size() || slots_[at].use != id >> 32 || !slots_[at].done) return {};
  return release(at);
}

std::vector<Transport::Done> InFlight::take_due(TimePoint now) {
  std::vector<Transport::Done> due;
  if (earliest() > now) return due;
  earliest_ = TimePoint::max();
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    if (!slots_[at].done) continue;
    if (slots_[at].deadline <= now) {
      due.push_back(release(at));
    } else {
      earliest_ = std::min(earliest_, slots_[at].deadline);
    }
  }
  return due;
}

std::vector<Transport::Done> InFlight::take_all() {
  std::vector<Transport::Done> all;
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    if (slots_[at].done) all.push_back(release(at));
  }
  return all;
}

Transport::Done InFlight::release(std::size_t at) {
  Transport::Done done = std::move(slots_[at].done);
  free_.push_back(static_cast<std::uint32_t>(at));
  --size_;
  return done;
}

}  // namespace stator::grpc_transport
