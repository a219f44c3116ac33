#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stator::simulation {

/// What a plan can do to a cluster beyond what its network does to frames all the time.
enum class FaultKind : std::uint8_t {
  cut_one_way,    ///< one direction of one link
  cut_split,      ///< one direction of a link between two halves
  cut_bridge,     ///< the same, where one node goes on talking to both halves
  slow_node,      ///< everything that is sent to it takes longer
  lossy_spell,    ///< the network loses and delays much more
  pause,          ///< the process stands still and does not notice
  power_cut,      ///< what was not synced is lost
  power_cut_all,  ///< of every node at once
  torn_write,     ///< the power goes within a write
  kill,           ///< the process dies, the machine does not
  clean_restart,
  other_timeout,  ///< a clean restart, after which requests may take another time
  wipe,           ///< a crash, and an empty disk
  keep_copy,      ///< the disk is copied as it is
  copy_at_rest,   ///< the same between a clean stop and the start after it
  restore_copy,   ///< a crash, and that copy in place of the disk
  damaged_byte,   ///< a crash, and a byte in the middle of the log is another; the disk goes when that is noticed
  sync_error,     ///< and a restart later
  write_error,    ///< and a restart later
  full_disk,
  clock_jump,
  clock_drift,
  // What follows is planned by hand alone.
  vanished_copy,  ///< what was stored of a key is not there any more, and nobody was told
  rotten_byte,    ///< a byte in the middle of the log is another, under a process that runs
};

inline constexpr std::string_view kFaultNames[] = {
    "cut_one_way", "cut_split",     "cut_bridge",   "slow_node",    "lossy_spell",   "pause",
    "power_cut",   "power_cut_all", "torn_write",   "kill",         "clean_restart", "other_timeout",
    "wipe",        "keep_copy",     "copy_at_rest", "restore_copy", "damaged_byte",  "sync_error",
    "write_error", "full_disk",     "clock_jump",   "clock_drift",  "vanished_copy", "rotten_byte",
};
inline constexpr std::size_t kFaultKinds = std::size(kFaultNames);
inline constexpr std::size_t kFaultsByChance = static_cast<std::size_t>(FaultKind::vanished_copy);

constexpr std::string_view name_of(FaultKind kind) { return kFaultNames[static_cast<std::size_t>(kind)]; }

}  // namespace stator::simulation
