#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stator/files.h"

namespace stator::memtable {

/// The names a memtable's directory holds, and what may be in it:
///
///   FORMAT              "stator memtable 2\n"; written last when the directory is made
///   LOCK                held while the storage is open
///   000000000007.wal    segment 7 of the log
///   000000000007.snapshot  everything the log said before segment 7
///   *.tmp               unfinished; removed at open
///
/// [any-thread] but for lock().
class Directory {
 public:
  Directory(Files& files, Path path) : files_(files), path_(std::move(path)) {}

  Files& files() const { return files_; }
  const Path& path() const { return path_; }
  Path file(std::string_view name) const { return path_ + "/" + std::string(name); }
  Path segment(std::uint64_t sequence) const;
  Path snapshot(std::uint64_t sequence) const;
  Status sync() const { return files_.sync_directory(path_); }

  /// Makes the directory if missing and takes it for this process. unavailable if another has it.
  Status lock();
  enum class Format {
    none,     ///< it was not made completely
    old,      ///< version 1, whose segments have no second copies: read, and marked as current before it is written to
    current,  ///< version 2
  };
  /// What this is, on disk. failed_precondition for another version, or for a directory that holds something else;
  /// data_loss if FORMAT is damaged.
  Result<Format> format() const;
  /// Writes FORMAT: from now on the directory is a memtable of the current version.
  Status mark_made() const;

  struct Listing {
    std::vector<std::uint64_t> segments;   ///< ascending
    std::vector<std::uint64_t> snapshots;  ///< ascending
    std::vector<std::string> unfinished;   ///< names
  };
  Result<Listing> list() const;

 private:
  Files& files_;
  Path path_;
  std::unique_ptr<FileLock> lock_;
};

/// Creates or replaces a whole small file and syncs it; its name is durable after a sync of the directory.
Status write_file(Files& files, const Path& path, BytesView bytes);
Result<Bytes> read_file(Files& files, const Path& path);

}  // namespace stator::memtable
