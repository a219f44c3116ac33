#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "stator/files.h"
#include "stator/storage.h"

namespace stator::testing {

/// The plainest storage that keeps every law: a map, one log file that is written over and over again, and a copy of
/// the map each time it is full. It shows that the laws ask for nothing that is the memtable's alone; and without the
/// check of generations it is the liar that takes a frame of the log's former life for one of this life. Other liars
/// derive from it.
class PlainLog : public Storage {
 public:
  explicit PlainLog(Files& files, bool checks_generation = true)
      : files_(files), checks_generation_(checks_generation) {}

  Status open(const Path& directory) override;
  Status write(WriteBatch batch) override;
  Result<std::optional<Bytes>> get(BytesView key) override;
  Status scan(BytesView first, BytesView last, const Visitor& visit) override;
  Status checkpoint(const Path& directory) override;
  StorageStats stats() const override;

 protected:
  virtual Status sync(File& file) { return file.sync(); }
  virtual Status sync_directory(const Path& directory) { return files_.sync_directory(directory); }
  virtual Result<std::unique_ptr<FileLock>> lock(const Path& path) { return files_.lock(path); }

 private:
  using Map = std::map<Bytes, Bytes, std::less<>>;
  Status load();
  Status replay();
  Status append(BytesView payload);
  Status save(const Path& directory, const Map& map, std::uint32_t generation);

  Files& files_;
  const bool checks_generation_;
  Path directory_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<File> log_;
  std::uint64_t offset_ = 0;
  std::uint32_t generation_ = 0;
  Status failure_;
  mutable std::mutex mutex_;  ///< guards map_
  Map map_;
};

}  // namespace stator::testing
