#pragma once

#include <cstdint>
#include <string>

#include "stator/testing/storage_laws.h"

namespace stator::testing {

struct DamageTour {
  std::size_t batches = 30;  ///< written, each acknowledged, before the process is killed
  std::uint64_t every = 1;   ///< each byte; 7: each seventh
  std::string keys_begin;    ///< of all keys
  /// Of a storage that offers a Salvage, the directory is examined first after each such damage.
  std::uint64_t examine_every = 5;
};

struct DamageTourReport {
  std::uint64_t cases = 0;    ///< damages that were tried
  std::uint64_t mended = 0;   ///< after which it opened, and held what was acknowledged
  std::uint64_t refused = 0;  ///< that were refused by file and offset, or as a format that is not known
  std::uint64_t examined = 0;
  std::string violation;  ///< the first; the tour ends there
};

/// Writes a history, kills the process, and changes each byte of each file in turn, in one bit and in all, and cuts
/// each file short at each place. Right is: it opens with everything that was acknowledged, or it refuses with
/// data_loss and names file and offset (failed_precondition and the file, where the damage made it another format); and
/// a Salvage keeps its laws. The storage does its file access through Host::files(). [blocking]
DamageTourReport tour_damage(const StorageUnderTest& storage, const DamageTour& tour);

}  // namespace stator::testing
