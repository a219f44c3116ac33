#pragma once

#include <string>
#include <vector>

#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

/// Some records of a backup on their way into a cluster. A value.
struct RestoreBatch {
  static constexpr std::size_t kMaxRecords = 256;
  struct Entry {
    std::string keyspace;
    Bytes key;
    Bytes record;  ///< encoded, without a mark
    bool operator==(const Entry&) const = default;
  };
  std::string backup;  ///< the id of the restore that was begun
  std::vector<Entry> entries;
  bool operator==(const RestoreBatch&) const = default;
};

/// batch := "stator-restore-1" backup:counted (keyspace:counted key:counted record:counted)*
Bytes encode_restore_batch(const RestoreBatch& batch);
/// invalid_argument for bytes that encode_restore_batch does not give, an entry without a key, or too many of them.
Result<RestoreBatch> decode_restore_batch(BytesView bytes);

/// Whether the text can name a backup: 16 to 64 lower-case hex digits. It becomes the name of a directory.
bool is_backup_id(std::string_view text);

}  // namespace stator
