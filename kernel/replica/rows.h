#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>

#include "kernel/causality/head.h"
#include "kernel/replica/row_log.h"
#include "kernel/ring/token.h"
#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/storage.h"

namespace stator {

/// The rows of a large copy: each of its versions under a storage key of its own.
///   row key := rows_prefix(partition, keyspace, key) place node:counted epoch:u64be counter:u64be
///   row     := a record that holds the version alone (encode_version)
/// The head lies under the copy's data key. Head and rows change in one batch, so what is durable always fits together.
Bytes row_key(BytesView rows_prefix, BytesView place, const Dot& dot);
inline Bytes row_key(BytesView rows_prefix, const Version& version) {
  return row_key(rows_prefix, row_place(version), version.dot);
}

/// What a row key names. The views live as long as the key.
struct RowKey {
  Partition partition = 0;
  std::uint16_t keyspace = 0;
  BytesView key;
  BytesView prefix;  ///< rows_prefix of these three
};
/// Nothing for a key of another space, or without a key.
std::optional<RowKey> parse_row_key(BytesView storage_key);

/// The first storage key behind all that begin so; `prefix` has an octet that is not the greatest.
Bytes prefix_end(BytesView prefix);

/// data_loss for what is no row.
Result<Version> decode_row(BytesView row);

/// What rows become, by row key; absent: gone.
using RowChanges = std::map<Bytes, std::optional<Bytes>>;

/// Of all versions before (none, if they were not stored in rows) and after.
RowChanges row_changes(BytesView rows_prefix, std::span<const Version> before, std::span<const Version> after);

/// The whole stored copy under a data key, which may be a head with its rows; absent: nothing is there. As if all of it
/// had been read at one moment, between the call and its end. data_loss if head and rows do not fit together;
/// unavailable if they change faster than they can be read. `digest`, if given, is set to its record's if there is one.
/// Blocks where the storage does. [any-thread]
Result<std::optional<Copy>> read_copy(Storage& storage, const RowLog& log, BytesView data_key,
                                      std::uint64_t* digest = nullptr);

/// What a stored copy, of either form, is compared by: its record's digest, 0 if it is too short to be one.
std::uint64_t stored_digest(BytesView stored);

}  // namespace stator
