#pragma once

#include <rocksdb/listener.h>

#include <mutex>

#include "stator/host.h"
#include "stator/status.h"

namespace stator::rocks {

/// Why the storage has stopped, if it has: the first error that it met, for good. What the disk holds after a failed
/// write or sync is not known, and a later one that succeeds proves nothing. [any-thread]
class Failure {
 public:
  explicit Failure(Host& host) : host_(host) {}

  /// OK while nothing has failed.
  Status status() const;
  /// Notes that something failed. Returns the first failure there ever was.
  Status set(const Status& error);

 private:
  Host& host_;
  mutable std::mutex mutex_;
  Status first_;
};

/// Brings what fails in RocksDB's own threads (flushes, compactions) to the Failure, and forbids RocksDB to try again
/// by itself. The Failure outlives it. [any-thread]
class FailureListener final : public ::rocksdb::EventListener {
 public:
  explicit FailureListener(Failure& failure) : failure_(failure) {}
  void OnBackgroundError(::rocksdb::BackgroundErrorReason reason, ::rocksdb::Status* error) override;
  void OnErrorRecoveryBegin(::rocksdb::BackgroundErrorReason reason, ::rocksdb::Status error, bool* recover) override;

 private:
  Failure& failure_;
};

}  // namespace stator::rocks
