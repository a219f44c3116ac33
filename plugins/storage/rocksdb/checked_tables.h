#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <string>

namespace stator::rocks {

/// An Env that does not open a table whose properties are damaged: Corruption, in the words that RocksDB has for any
/// block. RocksDB itself looks at their checksum when it has read them, and its assertions, which Debian leaves on, end
/// the process before that. Of everything else it looks at the checksum first. A table of another format, or one that
/// is damaged where its properties should be found, is opened: RocksDB says what it is. [any-thread]
class CheckedTables final : public ::rocksdb::EnvWrapper {
 public:
  /// `below` outlives it.
  explicit CheckedTables(::rocksdb::Env* below) : EnvWrapper(below) {}

  const char* Name() const override { return "stator.CheckedTables"; }
  ::rocksdb::Status NewRandomAccessFile(const std::string& path, std::unique_ptr<::rocksdb::RandomAccessFile>* file,
                                        const ::rocksdb::EnvOptions& options) override;
};

}  // namespace stator::rocks
