#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "stator/testing/modelled_files.h"

namespace stator::testing {

/// One thing that may become of a disk whose power is cut.
struct CrashOutcome {
  std::string name;  ///< for people
  std::function<void(ModelledDisk&)> happen;
};

/// Outcomes for what the disk holds unsynced now: all, if that is at most `limit`; else so many, none twice but by
/// chance. The seed chooses among them.
std::vector<CrashOutcome> crash_outcomes(const ModelledDisk& disk, std::size_t limit, std::uint64_t seed);

}  // namespace stator::testing
