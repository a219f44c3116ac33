#include "cli/backup/records.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/causality/copy.h"
#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/storage_keys.h"

namespace stator::cli {
namespace {

constexpr BytesView kKeyspaceNote = "keyspace/";

}  // namespace

void RecordReader::entry(BytesView key, BytesView value) {
  if (key.empty() || !status_.is_ok()) return;
  if (key.front() == '\0') return note(key.substr(1), value);
  if (key.front() == '\1') return is_head(value) ? head(key, value) : record(key, value, false);
  if (key.front() == '\4') return row(key, value);
  if (key.front() != '\2' || is_hint_reference(value)) return;  // a reference says what is among the data anyhow
  ByteReader in(key.substr(1));
  (void)in.raw(in.octet());  // for whom
  const Bytes data = '\1' + Bytes(in.raw(in.left()));
  record(data, value, true);
}

// The notes are the least of all keys.
void RecordReader::note(BytesView name, BytesView value) {
  if (!name.starts_with(kKeyspaceNote)) return;
  ByteReader in(value);
  const auto id = static_cast<std::uint16_t>(in.varint());
  if (in.ok()) keyspaces_[id] = name.substr(kKeyspaceNote.size());
}

void RecordReader::record(BytesView key, BytesView value, bool hint) {
  const std::optional<DataKey> at = parse_data_key(key);
  const auto keyspace = keyspaces_.find(at ? at->keyspace : 0);
  const BytesView record = record_bytes(value);
  if (!at || at->key.empty() || record.empty() || keyspace == keyspaces_.end()) {
    status_ = {Code::data_loss, "a record is filed under no key, or in a keyspace without a name"};
    return;
  }
  visit_({keyspace->second, at->key, record, hint});
}

void RecordReader::head(BytesView key, BytesView value) {
  const std::optional<DataKey> at = parse_data_key(key);
  Result<Head> head = decode_head(value);
  if (!at || at->key.empty() || !head.is_ok()) {
    status_ = {Code::data_loss, "a large record is filed under no key, or cannot be decoded"};
    return;
  }
  heads_.emplace(rows_prefix(at->partition, at->keyspace, at->key), std::move(*head));
}

// All heads have come by now, and the rows of one copy come in a row.
void RecordReader::row(BytesView key, BytesView value) {
  const std::optional<RowKey> at = parse_row_key(key);
  const auto head = at ? heads_.find(Bytes(at->prefix)) : heads_.end();
  Result<Version> version = decode_row(value);
  if (head == heads_.end() || !version.is_ok()) {
    status_ = {Code::data_loss, "a row of a large record is without its head, or cannot be decoded"};
    return;
  }
  std::vector<Version>& versions = head->second.rest.record.versions;
  versions.push_back(std::move(*version));
  if (versions.size() < head->second.count) return;
  Head whole = std::move(head->second);
  heads_.erase(head);
  take_whole(*at, std::move(whole));
}

void RecordReader::take_whole(const RowKey& at, Head head) {
  std::vector<Version>& versions = head.rest.record.versions;
  std::sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) { return a.dot < b.dot; });
  const auto keyspace = keyspaces_.find(at.keyspace);
  if (head_of(head.rest).sum != head.sum || keyspace == keyspaces_.end()) {
    status_ = {Code::data_loss, "a large record does not fit its rows, or is in a keyspace without a name"};
    return;
  }
  visit_({keyspace->second, at.key, encode_record(head.rest.record), false});
}

Status RecordReader::status() const {
  if (status_.is_ok() && !heads_.empty()) return {Code::data_loss, "a large record is without its rows"};
  return status_;
}

}  // namespace stator::cli
