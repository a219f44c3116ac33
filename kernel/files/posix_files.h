#pragma once

#include <memory>
#include <string>
#include <vector>

#include "stator/disk_space.h"

namespace stator {

/// The file system of this machine. Laws and threads as Files has them; messages name the path and the system's reason.
/// A file system that is full is storage_full (also a quota), a missing file not_found, everything else internal.
class PosixFiles final : public MeasuredFiles {
 public:
  Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override;
  Status rename(const Path& from, const Path& to) override;
  Status remove(const Path& path) override;
  Result<std::vector<std::string>> list(const Path& directory) override;
  Status create_directory(const Path& directory) override;
  Status sync_directory(const Path& directory) override;
  /// Against other holders in this process too.
  Result<std::unique_ptr<FileLock>> lock(const Path& path) override;
  /// Free is what is free for everybody: blocks that are kept for root do not count. Quotas are not seen.
  Result<DiskSpace> space(const Path& directory) override;
};

}  // namespace stator
