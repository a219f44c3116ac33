#include "kernel/replica/row_tally.h"

#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/storage_keys.h"

namespace stator {

void RowTally::add(BytesView row) {
  ++count;
  sum += record_digest(row);
}

Result<std::size_t> RowCursor::read(Storage& storage, std::size_t most_rows, std::size_t most_bytes) {
  std::size_t rows = 0;
  std::size_t bytes = 0;
  done = true;
  const Status scanned = storage.scan(from, last, [&](BytesView key, BytesView row) {
    if (rows == most_rows || bytes >= most_bytes) {
      from = key;
      return done = false;
    }
    ++rows;
    bytes += key.size() + row.size();
    tally.add(row);
    return true;
  });
  return scanned.is_ok() ? Result<std::size_t>(bytes) : Result<std::size_t>(scanned);
}

bool RowFit::head(BytesView storage_key, BytesView stored) {
  const std::optional<DataKey> at = parse_data_key(storage_key);
  const Result<Head> head = decode_head(stored);
  if (!at || !head.is_ok()) return false;
  Met& met = met_[rows_prefix(at->partition, at->keyspace, at->key)];
  met.expected = {head->count, head->sum};
  met.count(storage_key, stored);
  return true;
}

bool RowFit::row(BytesView storage_key, BytesView stored) {
  const std::optional<RowKey> at = parse_row_key(storage_key);
  if (!at) return false;
  Met& met = met_[Bytes(at->prefix)];
  const Result<Version> version = decode_row(stored);
  if (!version.is_ok() || row_key(at->prefix, *version) != storage_key) {
    met.spoilt = true;
    return false;
  }
  if (!met.found) met.found.emplace();
  met.found->add(stored);
  met.count(storage_key, stored);
  return true;
}

std::vector<RowFit::Misfit> RowFit::misfits() const {
  std::vector<Misfit> all;
  for (const auto& [prefix, met] : met_) {
    if (met.expected == met.found && !met.spoilt) continue;
    const RowKey at = *parse_row_key(prefix);
    all.push_back({at.partition, at.keyspace, Bytes(at.key), met.expected.has_value(), met.entries, met.bytes});
  }
  return all;
}

Result<std::vector<Bytes>> misfits_in(const CopyRange& range) {
  Storage& storage = range.store.storage();
  const Partition partition = range.partition;
  RowFit fit;
  std::vector<Bytes> keys;
  Status scanned = storage.scan(data_key(partition, range.keyspace, BytesView()), data_end(partition, range.keyspace),
                                [&](BytesView key, BytesView stored) {
                                  if (is_head(stored) && !fit.head(key, stored))
                                    keys.emplace_back(parse_data_key(key)->key);
                                  return true;
                                });
  if (!scanned.is_ok()) return scanned;
  scanned = storage.scan(rows_begin(partition, range.keyspace), rows_end(partition, range.keyspace),
                         [&fit](BytesView key, BytesView stored) { return fit.row(key, stored), true; });
  if (!scanned.is_ok()) return scanned;
  for (RowFit::Misfit& misfit : fit.misfits()) keys.push_back(std::move(misfit.key));
  return keys;
}

Result<bool> is_whole(const KeyAddress& at) {
  Storage& storage = at.store.storage();
  const Bytes where = data_key(at.partition, at.keyspace, at.key);
  const Result<std::optional<Bytes>> stored = storage.get(where);
  if (!stored.is_ok()) return stored.status();
  RowFit fit;
  if (*stored && is_head(**stored) && !fit.head(where, **stored)) return false;
  const Bytes prefix = rows_prefix(at.partition, at.keyspace, at.key);
  const Status scanned = storage.scan(prefix, prefix_end(prefix),
                                      [&fit](BytesView key, BytesView row) { return fit.row(key, row), true; });
  return scanned.is_ok() ? Result<bool>(fit.misfits().empty()) : Result<bool>(scanned);
}

}  // namespace stator
