#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

using Path = std::string;

/// An open file. What was written is durable only after sync() returned OK. Closed by its destructor.
/// After a failed sync the state of everything written since the last good one is unknown: do not retry, do not trust.
/// [serial, blocking]
class File {
 public:
  virtual ~File() = default;
  /// Writes all of `data` at `offset`, growing the file if needed. storage_full when the disk is.
  virtual Status write(std::uint64_t offset, BytesView data) = 0;
  /// Up to `size` bytes from `offset`; shorter only at the end of the file.
  virtual Result<Bytes> read(std::uint64_t offset, std::size_t size) = 0;
  virtual Result<std::uint64_t> size() = 0;
  /// Cuts or grows (with zeros) to exactly `size` bytes. Growing reserves and writes the space, so that later writes
  /// inside it neither fail for want of space nor change the file's metadata.
  virtual Status resize(std::uint64_t size) = 0;
  virtual Status sync() = 0;
};

/// Holds a lock file against every other process until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode {
  read,    ///< must exist; not_found otherwise
  write,   ///< read and write; must exist; not_found otherwise
  create,  ///< read and write; created empty, or emptied
};

/// The file system as plugins and the kernel see it; the simulator's under test. A created, renamed or removed name is
/// durable only after sync_directory of its directory. [concurrent, blocking]
class Files {
 public:
  virtual ~Files() = default;
  virtual Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) = 0;
  /// Atomic; replaces `to`.
  virtual Status rename(const Path& from, const Path& to) = 0;
  /// not_found if there is no such file.
  virtual Status remove(const Path& path) = 0;
  /// Names (not paths) of the entries of a directory, ascending.
  virtual Result<std::vector<std::string>> list(const Path& directory) = 0;
  /// With parents, and durably; OK if it is there.
  virtual Status create_directory(const Path& directory) = 0;
  virtual Status sync_directory(const Path& directory) = 0;
  /// unavailable when another process holds it. The file is created when missing.
  virtual Result<std::unique_ptr<FileLock>> lock(const Path& path) = 0;
};

}  // namespace stator
