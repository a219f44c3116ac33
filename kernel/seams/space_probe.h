#pragma once

#include "stator/disk_space.h"
#include "stator/status.h"

namespace stator {

/// Tells how much room is left where one storage instance rests.
class SpaceProbe {
 public:
  virtual ~SpaceProbe() = default;
  /// [any-thread, blocking]
  virtual Result<DiskSpace> measure() = 0;
};

}  // namespace stator
