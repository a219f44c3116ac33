#pragma once

#include <cstdint>
#include <string>

#include "stator/testing/storage_laws.h"

namespace stator::testing {

/// How far a tour goes. The outcomes of one crash are tried all when they are few; else as many as it says here,
/// spread over what a disk may do: nothing is left, everything, what was written first, or last, in blocks of 512 or of
/// 4096 bytes, any subset, and sectors torn in their midst.
struct CrashTour {
  std::size_t batches = 60;  ///< written by the history
  /// Batches of one size: in a log that is used again, frames end where old ones did.
  bool uniform = false;
  std::size_t padding = 0;               ///< bytes by which each value may be longer: frames of several sectors
  std::size_t outcomes = 24;             ///< of a crash of the history
  std::size_t outcomes_in_recovery = 4;  ///< of a crash at each operation of the recovery after that
};

struct CrashTourReport {
  std::uint64_t points = 0;  ///< operations of the history after which the power was cut
  std::uint64_t states = 0;  ///< disks that were recovered from, and what was found compared
  std::string violation;     ///< the first; the tour ends there. Empty: every state was right
};

/// Plays a history, cuts the power at each of its file operations, recovers from the states a disk may be in then, and
/// cuts the power at each operation of the recovery too. Right is: it opens, and holds what was acknowledged, with all
/// or nothing of the batch that was being written; it takes another write, and keeps that as well. The storage does its
/// file access through Host::files(). [blocking]
CrashTourReport tour_crashes(const StorageUnderTest& storage, const CrashTour& tour);

}  // namespace stator::testing
