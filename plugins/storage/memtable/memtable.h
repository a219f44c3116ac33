#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "checkpoint.h"
#include "directory.h"
#include "file_pass.h"
#include "index.h"
#include "log.h"
#include "recovery.h"
#include "segment_supply.h"
#include "stator/config.h"
#include "stator/salvage.h"
#include "stator/scrubbing.h"
#include "stator/storage.h"
#include "task_gate.h"

namespace stator::memtable {

/// Storage in memory, made durable by a log and snapshots: every entry is held in memory, a write is one sync, a read
/// never waits for a disk. Laws, threads and errors as Storage has them.
class Memtable final : public Storage, public Salvage, public Scrubbing {
 public:
  struct Options {
    std::uint64_t segment_bytes = 64 << 20;
    std::uint64_t snapshot_after_bytes = 256 << 20;
  };
  Memtable(Host& host, Options options);
  ~Memtable() override { gate_.close(); }

  static std::unique_ptr<Storage> create(Host& host, const Config& config, Status& why);

  Status open(const Path& directory) override;
  Status write(WriteBatch batch) override;
  Result<std::optional<Bytes>> get(BytesView key) override;
  Status scan(BytesView first, BytesView last, const Visitor& visit) override;
  Status checkpoint(const Path& directory) override;
  StorageStats stats() const override;
  Result<StorageFindings> examine(const Path& directory, const Visitor& visit) override;
  Result<Piece> scrub_piece() override;

 private:
  /// A snapshot that is due: the log was rotated for it.
  struct Due {
    SnapshotHead head;
    std::uint64_t log_bytes = 0;  ///< of the log it replaces
  };

  Status make_directory();
  std::optional<Due> snapshot_due();
  Result<Due> begin_snapshot();
  Status take_snapshot(const Due& due);
  FilePass::Step read_again();
  Status save(const Due& due);
  void forget_log(const Due& due);
  LogPosition position() const;

  Host& host_;
  const Options options_;
  std::optional<Directory> directory_;
  std::unique_ptr<Index> index_;

  mutable std::mutex log_mutex_;  ///< guards what follows; taken before no other lock but the supply's
  std::optional<SegmentSupply> supply_;
  std::optional<Log> log_;
  std::uint64_t snapshot_at_ = 0;  ///< bytes of log at which the next snapshot is tried
  bool snapshot_running_ = false;
  std::uint64_t wal_ops_ = 0;

  std::mutex
      copy_mutex_;  ///< held while a snapshot or checkpoint is made, so that none takes the log from under another
  std::uint64_t oldest_segment_ = 1;                  ///< guarded by copy_mutex_: the first that is not obsolete
  std::atomic<std::uint64_t> snapshot_sequence_ = 0;  ///< 0: there is none

  std::optional<FilePass> pass_;  ///< the scrub's alone

  TaskGate gate_;  ///< last, so that it closes before what its tasks use goes
};

}  // namespace stator::memtable
