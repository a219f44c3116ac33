#pragma once

#include <cstdint>

#include "stator/files.h"

namespace stator {

/// How much room a file system has, in bytes.
struct DiskSpace {
  std::uint64_t free = 0;   ///< what this process may still write
  std::uint64_t total = 0;  ///< used or not
};

/// Files that also tell how much room is left. Laws and threads as Files has them.
class MeasuredFiles : public Files {
 public:
  /// Of the file system that holds the directory, which must be there. unimplemented where a file system keeps no
  /// count. [concurrent, blocking]
  virtual Result<DiskSpace> space(const Path& directory) = 0;
};

}  // namespace stator
