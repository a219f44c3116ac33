#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <string>

namespace stator::rocks {

/// An Env that does not open a table whose footer or properties are damaged: Corruption, with the place in the words
/// that RocksDB has for any block. RocksDB itself looks at the checksum of the properties when it has read them, and
/// its assertions, which Debian leaves on, end the process before that; of a footer it says that it is in the manifest.
/// Of everything else it looks at the checksum first, and says where it is. Of a table of another format only the
/// footer is looked at. [any-thread]
class CheckedTables final : public ::rocksdb::EnvWrapper {
 public:
  /// `below` outlives it.
  explicit CheckedTables(::rocksdb::Env* below) : EnvWrapper(below) {}

  const char* Name() const override { return "stator.CheckedTables"; }
  ::rocksdb::Status NewRandomAccessFile(const std::string& path, std::unique_ptr<::rocksdb::RandomAccessFile>* file,
                                        const ::rocksdb::EnvOptions& options) override;
};

}  // namespace stator::rocks
