#pragma once

#include <rocksdb/listener.h>

#include <mutex>

#include "stator/host.h"
#include "stator/status.h"
#include "table_mending.h"

namespace stator::rocks {

/// Why the storage has stopped, if it has: the first error that it met, for good. What the disk holds after a failed
/// write or sync is not known, and a later one that succeeds proves nothing. One thing may pass: want of space for a
/// new table, whose entries are still in the log. [any-thread]
class Failure {
 public:
  explicit Failure(Host& host) : host_(host) {}

  /// OK while nothing has failed; storage_full while there is no space for a table, and for nothing else.
  Status status() const;
  /// Notes that something failed for good. Returns the first such failure there ever was.
  Status set(const Status& error);
  /// Notes that there was no space for a table. A failure for good stays. Returns what status() is now.
  Status set_full(const Status& error);
  /// There is room again. A failure for good stays.
  void forget_fullness();

 private:
  Host& host_;
  mutable std::mutex mutex_;
  Status first_;
};

/// Brings what fails in RocksDB's own threads (flushes, compactions) to the Failure, and forbids RocksDB to try again
/// by itself. But a compaction that met a damaged block has lost nothing: of that the mending is told, and RocksDB
/// tries again every second. Both outlive it. [any-thread]
class FailureListener final : public ::rocksdb::EventListener {
 public:
  FailureListener(Failure& failure, TableMending& mending) : failure_(failure), mending_(mending) {}
  void OnBackgroundError(::rocksdb::BackgroundErrorReason reason, ::rocksdb::Status* error) override;
  void OnErrorRecoveryBegin(::rocksdb::BackgroundErrorReason reason, ::rocksdb::Status error, bool* recover) override;

 private:
  Failure& failure_;
  TableMending& mending_;
};

}  // namespace stator::rocks
