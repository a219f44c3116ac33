#pragma once

#include <cstdint>
#include <optional>

#include "stator/disk_space.h"

namespace stator {

/// How full a disk is.
enum class Room : std::uint8_t {
  ample,
  soft_full,  ///< less is free than the reserve: nothing is taken that brings a value
  hard_full   ///< what is left is the node's own: nothing is taken from anybody
};

/// "ok", "soft_full" or "hard_full", as pages and metrics have it. Lives for ever.
const char* name_of(Room room);

/// What is held back of a disk, as it was configured, in bytes. What is left out follows from the size of the disk.
struct Reserve {
  std::optional<std::uint64_t> soft;
  std::optional<std::uint64_t> hard;
};

/// The same of one disk: less than `soft` free is soft_full, less than `hard` hard_full. `hard` is at most `soft`; 0 is
/// no limit.
struct RoomLimits {
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

/// Left to itself the reserve is 5 % of the disk and 1 GiB at most, a quarter of it the hard limit.
RoomLimits limits_of(const Reserve& reserve, std::uint64_t total_bytes);

/// What follows of the last verdict and what is free now. It gets worse at a limit and better an eighth of the limit
/// above it, so that a disk at a limit does not make a node refuse and take writes in turn. Pure.
Room next_room(Room before, std::uint64_t free_bytes, const RoomLimits& limits);

}  // namespace stator
