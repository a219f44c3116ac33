#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernel/causality/head.h"
#include "kernel/ring/token.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/storage.h"

namespace stator {

/// The rows of a large copy: each of its versions under a storage key of its own.
///   row key := rows_prefix(partition, keyspace, key) place node:counted epoch:u64be counter:u64be
///   row     := a record that holds the version alone (encode_version)
/// The head lies under the copy's data key. Head and rows change in one batch, so what is durable always fits together.
Bytes row_key(BytesView rows_prefix, const Version& version);
Bytes row_key(BytesView rows_prefix, BytesView place, const Dot& dot);

/// What a row key names. The views live as long as the key.
struct RowKey {
  Partition partition = 0;
  std::uint16_t keyspace = 0;
  BytesView key;
  BytesView prefix;  ///< rows_prefix of these three
};
/// Nothing for a key of another space, or without a key.
std::optional<RowKey> parse_row_key(BytesView storage_key);

/// data_loss for what is no row.
Result<Version> decode_row(BytesView row);

/// What a row will be; absent: gone.
using RowChanges = std::map<Bytes, std::optional<Bytes>>;

/// What the rows of one copy become, given all versions before (none of them stored in rows: empty) and after.
RowChanges row_changes(BytesView rows_prefix, std::span<const Version> before, std::span<const Version> after);

/// Which rows were changed of late, so that who reads many of them while they change can look again at those alone.
/// [any-thread]
class RowLog {
 public:
  /// Before they are handed to the storage.
  void changing(const RowChanges& changes);
  std::uint64_t now() const;
  /// The rows beneath the prefix that were changed from then on; nothing if that is too long ago to be known.
  std::optional<std::vector<Bytes>> since(std::uint64_t then, BytesView prefix) const;

 private:
  mutable std::mutex mutex_;
  std::deque<Bytes> recent_;
  std::uint64_t end_ = 0;
};

/// The whole stored copy under a data key, which may be a head with its rows; absent: nothing is there. As if all of it
/// had been read at one moment, between the call and its end. data_loss if head and rows do not fit together. Blocks
/// where the storage does. [any-thread]
Result<std::optional<Copy>> read_copy(Storage& storage, const RowLog& log, BytesView data_key);
/// The same, of a head that was read when the log stood there.
Result<std::optional<Copy>> read_rows(Storage& storage, const RowLog& log, BytesView data_key, BytesView head,
                                      std::uint64_t then);

/// What a stored copy, of either form, is compared by: its record's digest, 0 if it is too short to be one.
std::uint64_t stored_digest(BytesView stored);

}  // namespace stator
