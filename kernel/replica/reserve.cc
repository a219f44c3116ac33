#include "kernel/replica/reserve.h"

#include <algorithm>

namespace stator {
namespace {

constexpr std::uint64_t kMostByDefault = std::uint64_t{1} << 30;
constexpr std::uint64_t kDefaultShare = 20;  // one in so many bytes of the disk
constexpr std::uint64_t kHardShare = 4;      // one in so many bytes of the reserve
constexpr std::uint64_t kWayBack = 8;        // better again when one in so many bytes more than the limit is free

// Whether free space is short by that limit, which it was before or not.
bool is_short(bool before, std::uint64_t free_bytes, std::uint64_t limit) {
  return free_bytes < limit || (before && free_bytes - limit < limit / kWayBack);
}

}  // namespace

const char* name_of(Room room) {
  switch (room) {
    case Room::ample: return "ok";
    case Room::soft_full: return "soft_full";
    case Room::hard_full: return "hard_full";
  }
  return "ok";
}

RoomLimits limits_of(const Reserve& reserve, std::uint64_t total_bytes) {
  RoomLimits limits;
  limits.soft = reserve.soft.value_or(std::min(kMostByDefault, total_bytes / kDefaultShare));
  limits.hard = reserve.hard.value_or(limits.soft / kHardShare);
  limits.soft = std::max(limits.soft, limits.hard);
  return limits;
}

Room next_room(Room before, std::uint64_t free_bytes, const RoomLimits& limits) {
  if (is_short(before == Room::hard_full, free_bytes, limits.hard)) return Room::hard_full;
  return is_short(before != Room::ample, free_bytes, limits.soft) ? Room::soft_full : Room::ample;
}

}  // namespace stator
