#pragma once

#include <utility>

#include "kernel/seams/space_probe.h"

namespace stator {

/// The room on the file system that holds one directory. The files outlive it.
class DirectoryProbe final : public SpaceProbe {
 public:
  DirectoryProbe(MeasuredFiles& files, Path directory) : files_(files), directory_(std::move(directory)) {}
  Result<DiskSpace> measure() override { return files_.space(directory_); }

 private:
  MeasuredFiles& files_;
  const Path directory_;
};

}  // namespace stator
