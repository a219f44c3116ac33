#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "stator/bytes.h"
#include "stator/files.h"
#include "stator/status.h"

namespace stator {

/// One change of one key. Views live for the call.
struct Mutation {
  BytesView key;
  BytesView value;
  bool remove = false;  ///< `value` is ignored; removing an absent key is no error
};

/// Applied in order, all or nothing; a later mutation of the same key wins.
using WriteBatch = std::span<const Mutation>;

/// Called for each entry in order; returns false to stop. Views live for the call. Must not call the storage.
using Visitor = std::function<bool(BytesView key, BytesView value)>;

struct StorageStats {
  std::uint64_t keys = 0;                    ///< exact, unless the plugin's README says that it is an estimate
  std::uint64_t bytes = 0;                   ///< of keys and values
  std::uint64_t wal_ops = 0;                 ///< mutations logged since open
  std::uint64_t wal_bytes = 0;               ///< of log that recovery would read
  std::map<std::string, std::string> paths;  ///< by role: "wal", "snapshot" …
};

/// storage/1. One node's durable, ordered map of bytes to bytes. Keys and values are opaque; order is bytewise.
///
/// Laws: write is atomic and, once it returned OK, durable; a get or scan that starts after it sees it; after a crash
/// the storage opens with every write that returned OK, and with none, or all, of each that did not. A storage that met
/// an error it cannot undo (a failed sync above all) answers every later write with the same error and never retries.
/// Bytes it finds damaged are refused with file and offset (data_loss), never skipped.
class Storage {
 public:
  static constexpr const char* kInterfaceId = "storage/1";
  /// Closes. [blocking]
  virtual ~Storage() = default;
  /// Takes the directory (made if missing, locked against other processes) and recovers. Called once, first. [startup,
  /// blocking]
  virtual Status open(const Path& directory) = 0;
  /// [serial, blocking] One committer calls it, also while gets and scans run.
  virtual Status write(WriteBatch batch) = 0;
  /// Absent is nullopt. [concurrent] Never blocks unless the plugin declares "reads-may-block".
  virtual Result<std::optional<Bytes>> get(BytesView key) = 0;
  /// Visits [first, last) in ascending order; an empty `last` means to the end. Entries written or removed meanwhile
  /// may or may not be seen. [concurrent]
  virtual Status scan(BytesView first, BytesView last, const Visitor& visit) = 0;
  /// Makes `directory` (absent or empty) a copy that open() takes. Writers are not stopped for long. [any-thread,
  /// blocking]
  virtual Status checkpoint(const Path& directory) = 0;
  /// [any-thread]
  virtual StorageStats stats() const = 0;
};

}  // namespace stator
