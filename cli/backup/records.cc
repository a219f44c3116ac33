#include "cli/backup/records.h"

#include <optional>
#include <utility>

#include "kernel/causality/copy.h"
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
  if (key.front() == '\1') return record(key, value, false);
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

}  // namespace stator::cli
