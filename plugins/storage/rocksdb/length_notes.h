#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "stator/files.h"
#include "stator/host.h"
#include "stator/status.h"

namespace stator::rocks {

/// How many bytes of a file are on the disk for good, by the name of the file.
using Lengths = std::map<std::string, std::uint64_t>;

/// What is noted in a directory. Empty if there is no note; data_loss if it is damaged. [blocking]
Result<Lengths> noted_lengths(::rocksdb::Env& env, const Path& directory);

/// An Env that notes, beside a database, how long its manifest is whenever that was synced, so that one which was cut
/// between two records is told from one that never was longer; and its logs when it is closed. A note is never ahead of
/// the file, and is gone before the file is. One that cannot be written is warned of: then the one before stays, which
/// is true, and covers less. Files are those of the Env it is made from. [any-thread]
class LengthNotes final : public ::rocksdb::EnvWrapper {
 public:
  /// Both outlive it.
  LengthNotes(::rocksdb::Env* below, Host& host) : EnvWrapper(below), host_(host) {}

  const char* Name() const override { return "stator.LengthNotes"; }
  ::rocksdb::Status NewWritableFile(const std::string& path, std::unique_ptr<::rocksdb::WritableFile>* file,
                                    const ::rocksdb::EnvOptions& options) override;
  ::rocksdb::Status DeleteFile(const std::string& path) override;

  /// As many bytes of a file are synced.
  void note(const Path& file, std::uint64_t bytes);
  /// All that was written to the directory's logs is synced, and nothing is written to them meanwhile. [blocking]
  void note_logs(const Path& directory);

 private:
  void add(const Path& directory, Lengths lengths);
  Status forget(const Path& file);

  Host& host_;
  std::mutex mutex_;  ///< of the notes, and of removing what stands in them
};

}  // namespace stator::rocks
