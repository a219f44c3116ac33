#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "checked_tables.h"
#include "failure.h"
#include "length_notes.h"
#include "stator/config.h"
#include "stator/host.h"
#include "stator/mending.h"
#include "stator/metrics.h"
#include "stator/salvage.h"
#include "stator/scrubbing.h"
#include "stator/storage.h"
#include "table_mending.h"
#include "table_scrub.h"
#include "workers.h"

namespace stator::rocks {

/// Storage in RocksDB, for data that does not fit in memory: one database, one column family, every write synced.
/// Laws, threads and errors as Storage has them. Reads may block; stats() counts keys and bytes roughly.
class RocksStorage final : public Storage, public Salvage, public Mending, public Scrubbing {
 public:
  struct Options {
    std::uint64_t block_cache_bytes = 256 << 20;
    std::uint64_t write_buffer_bytes = 64 << 20;
    std::string compression = "lz4";  ///< or "zstd", "none"
    int background_threads = 2;
    std::string instance = "rocksdb";  ///< in metrics
  };
  /// What is below the database; outlives the storage.
  RocksStorage(Host& host, Options options, ::rocksdb::Env* files = ::rocksdb::Env::Default());
  ~RocksStorage() override;

  static std::unique_ptr<Storage> create(Host& host, const Config& config, Status& why);

  Status open(const Path& directory) override;
  Status write(WriteBatch batch) override;
  Result<std::optional<Bytes>> get(BytesView key) override;
  Status scan(BytesView first, BytesView last, const Visitor& visit) override;
  Status checkpoint(const Path& directory) override;
  StorageStats stats() const override;
  Result<StorageFindings> examine(const Path& directory, const Visitor& visit) override;
  bool met_damage() const override { return mending_.met_damage(); }
  Result<std::vector<KeyRange>> survey() override;
  Status give_up() override;
  Result<Piece> scrub_piece() override;

 private:
  ::rocksdb::Options database_options();
  std::uint64_t property(const std::string& name) const;
  Status prepare_logs();
  void show_metrics();
  /// OK unless something failed that has not passed. After want of space for a table RocksDB is resumed when there is
  /// more than there was, and at times anyhow: what was acknowledged is in the log all the time. Not oftener, for each
  /// try writes until nothing is free, and RocksDB does not bear every way of failing then.
  Status resume();
  bool has_more_room(TimePoint now);

  Host& host_;
  const Options options_;
  LengthNotes notes_;
  CheckedTables tables_{&notes_};
  Failure failure_;
  TableMending mending_;
  TableScrub scrub_{mending_};
  std::mutex writing_;  ///< what is written and what is given up keep away from each other
  std::unique_ptr<Workers> workers_;
  Path directory_;
  std::unique_ptr<::rocksdb::DB> database_;
  std::shared_ptr<::rocksdb::Statistics> statistics_;  ///< shared: as RocksDB takes it
  std::shared_ptr<::rocksdb::Cache> cache_;            ///< shared: as RocksDB takes it
  std::unique_ptr<PluginMetrics::Shown> shown_;
  std::atomic<std::uint64_t> wal_ops_ = 0;
  // Of resume(), the committer's alone.
  std::optional<TimePoint> full_since_;
  std::optional<std::uint64_t> free_then_;  ///< once what had not found space was removed again
  TimePoint next_look_;
};

}  // namespace stator::rocks
