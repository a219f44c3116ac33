#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <mutex>
#include <string>

#include "stator/bytes.h"
#include "stator/files.h"

namespace stator::rocks {

/// The file LOG, in which RocksDB says what it does, and LOG.old, its predecessor. A line that cannot be written is
/// dropped. RocksDB's own logger does not bear that: as Debian builds it, with assertions, it ends the process with the
/// line after that one, and so every process whose disk fails. [any-thread]
class Diary final : public ::rocksdb::Logger {
 public:
  /// The directory exists; `env` outlives it. A LOG that is there becomes LOG.old.
  Diary(::rocksdb::Env& env, const Path& directory);
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override;

 private:
  void begin_file();

  ::rocksdb::Env& env_;
  const Path path_;
  std::mutex mutex_;
  std::unique_ptr<::rocksdb::WritableFile> file_;
  std::size_t bytes_ = 0;
};

}  // namespace stator::rocks
