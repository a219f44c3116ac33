#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "stator/disk_space.h"

namespace stator::testing {

/// A disk in memory that forgets what was not synced, for tests that cut the power. It outlives the processes that use
/// it: each is a ModelledFiles.
///
/// What it models: after a power cut each unsynced 512-byte sector is there, is what it was, or is torn, each on its
/// own; so is an unsynced size. Unsynced creations, renames and removals happened or did not, each on its own. After a
/// sync that failed, what it was to make durable is gone for good, though a running process still reads it.
/// Deterministic from the seeds. [any-thread]
class ModelledDisk {
 public:
  ModelledDisk();
  ~ModelledDisk();
  ModelledDisk(const ModelledDisk&) = delete;
  ModelledDisk& operator=(const ModelledDisk&) = delete;

  /// Ends every process, power and all. What they still hold is dead: their calls fail and do nothing.
  void crash(std::uint64_t seed);

  /// What is not synced, in units of which a power cut leaves each or not. Each kind is numbered from 0: changes of
  /// names as they were made, blocks by path and place.
  struct Unsynced {
    std::uint64_t names = 0;
    std::uint64_t blocks = 0;
  };
  /// Which units a power cut leaves. An unsynced size is there if a block of its file is, or the file has none.
  struct Remains {
    std::uint64_t block = 512;  ///< bytes that the disk writes whole, or not at all: a multiple of 512
    std::function<bool(std::uint64_t)> name;
    std::function<bool(std::uint64_t)> data;
  };
  Unsynced unsynced(std::uint64_t block) const;
  /// As crash(seed), with an outcome that is chosen.
  void crash(const Remains& remains);
  /// Ends every process, as kill -9 does: what they wrote is there, synced or not. Also removes every fault below.
  void kill();

  /// Operations that change something, since the disk was made. Those that fail count too.
  std::uint64_t operations() const;
  /// The operation that would be the n-th from now on, 1 the next, fails half done, and from then on everything fails,
  /// until crash() or kill() starts the disk anew.
  void cut_power_at(std::uint64_t nth);
  /// The n-th sync of a file from now on fails; 0: none.
  void fail_sync_at(std::uint64_t nth, Status error);
  /// The n-th write from now on fails after its first half; 0: none.
  void fail_write_at(std::uint64_t nth, Status error);
  /// How many bytes all files together may have; storage_full past it. Files larger than that stay.
  void set_capacity(std::uint64_t bytes);
  /// Whether a fault set above has been met since it was set.
  bool fault_met() const;

  /// A copy of everything as running processes see it, without their locks and faults.
  std::unique_ptr<ModelledDisk> copy() const;

  /// All of a file as running processes see it; empty if there is none.
  Bytes contents(const Path& path) const;
  /// Puts `bytes` in a file, made if need be, as if they had been durable for ever.
  void replace(const Path& path, BytesView bytes);
  /// Changes the bits of `mask` in one byte of a file, durably: a disk gone bad.
  void corrupt(const Path& path, std::uint64_t offset, char mask);
  /// Removes a file, durably.
  void lose(const Path& path);

 private:
  friend class ModelledFiles;
  friend class ModelledFile;
  friend class ModelledLock;
  struct State;
  std::shared_ptr<State> state_;  ///< shared with files and locks that are still open
};

/// One process's view of a ModelledDisk, from its start until the next crash or kill. [concurrent]
class ModelledFiles final : public MeasuredFiles {
 public:
  explicit ModelledFiles(ModelledDisk& disk);
  ~ModelledFiles() override;

  Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override;
  Status rename(const Path& from, const Path& to) override;
  Status remove(const Path& path) override;
  Result<std::vector<std::string>> list(const Path& directory) override;
  Status create_directory(const Path& directory) override;
  Status sync_directory(const Path& directory) override;
  Result<std::unique_ptr<FileLock>> lock(const Path& path) override;
  /// Of the whole disk: its capacity, and what of it no file has.
  Result<DiskSpace> space(const Path& directory) override;

 private:
  std::shared_ptr<ModelledDisk::State> state_;
  std::uint64_t life_;
};

}  // namespace stator::testing
