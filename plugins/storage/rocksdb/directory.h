#pragma once

#include <rocksdb/env.h>

#include "stator/files.h"
#include "stator/status.h"

namespace stator::rocks {

/// Makes the directory, with parents and durably, or sees that what is in it may be opened: a database, or the
/// beginnings of one. failed_precondition if it holds something else; data_loss if there are tables or logs but no
/// CURRENT, where RocksDB would begin anew. [startup, blocking]
Status prepare_directory(::rocksdb::Env& env, const Path& directory);

/// Keeps other processes, and other holders in this one, from opening the directory's database. [serial]
class DirectoryLock {
 public:
  /// `env` outlives it.
  explicit DirectoryLock(::rocksdb::Env& env) : env_(env) {}
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  /// unavailable if somebody has it.
  Status take(const Path& directory);

 private:
  ::rocksdb::Env& env_;
  ::rocksdb::FileLock* lock_ = nullptr;
};

/// Makes what was made, renamed or removed in it durable. [blocking]
Status sync_directory(::rocksdb::Env& env, const Path& directory);

/// As prepare_directory, for the place of a copy, which must be absent or empty and is absent afterwards. [blocking]
Status prepare_copy(::rocksdb::Env& env, const Path& directory);

}  // namespace stator::rocks
