#include "kernel/node/entry_check.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "kernel/causality/copy.h"
#include "kernel/causality/head.h"
#include "kernel/causality/wire.h"
#include "kernel/node/peer_clocks.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

constexpr BytesView kKeyspaceNote = "keyspace/";

std::string in_partition(const char* what, Partition partition, std::uint16_t keyspace) {
  return std::string(what) + " in partition " + std::to_string(partition) + " of keyspace number " +
         std::to_string(keyspace);
}

std::string undecodable(const char* what, const DataKey& at) {
  return in_partition(what, at.partition, at.keyspace) + " cannot be decoded";
}

std::optional<std::uint16_t> keyspace_id(BytesView value) {
  ByteReader in(value);
  const auto id = static_cast<std::uint16_t>(in.varint());
  (void)in.counted();
  return in.ok() && in.at_end() ? std::optional(id) : std::nullopt;
}

}  // namespace

std::string EntryCheck::look_at(BytesView key, BytesView value) {
  if (key.empty()) return "an entry is in no space";
  switch (key.front()) {
    case 0: return note(key.substr(1), value);
    case 1: return record(key, value);
    case 2: return hint(key, value);
    case 3: return cut(key);
    case 4: return row(key, value);
    default:
      return "an entry is in space " + std::to_string(static_cast<unsigned char>(key.front())) + ", which there is not";
  }
}

std::string EntryCheck::note(BytesView name, BytesView value) {
  const bool is_stamp = name == "incarnation" || name == "clock" || name == "barrier";
  bool good = true;
  if (is_stamp) {
    ByteReader in(value);
    const Stamp stamp{in.word()};
    good = in.ok() && in.at_end();
    if (good) newest_ = std::max(newest_, stamp);
  } else if (name == "heard") {
    good = decode_heard(value).is_ok();
  } else if (name.starts_with(kKeyspaceNote)) {
    const std::optional<std::uint16_t> id = keyspace_id(value);
    good = id.has_value();
    if (good) named_.insert(*id);
  }
  if (!good) return "the note \"" + std::string(name) + "\" cannot be decoded";
  ++counts_.notes;
  notes_.emplace(name, value);
  return "";
}

bool EntryCheck::copy(BytesView value) {
  const Result<Copy> held = decode_copy(value);
  if (!held.is_ok()) return false;
  for (const Version& version : held->record.versions) newest_ = std::max(newest_, version.stamp);
  return true;
}

bool EntryCheck::head(BytesView key, BytesView value) {
  if (!rows_.head(key, value)) return false;
  newest_ = std::max(newest_, decode_head(value)->newest);
  return true;
}

std::string EntryCheck::record(BytesView key, BytesView value) {
  const std::optional<DataKey> at = parse_data_key(key);
  if (!at || at->key.empty()) return "a record is filed under no key";
  if (is_head(value) ? !head(key, value) : !copy(value)) return undecodable("a record", *at);
  ++counts_.records;
  used_.insert(at->keyspace);
  return "";
}

std::string EntryCheck::hint(BytesView key, BytesView value) {
  // What stands behind the target is a data key without its space.
  ByteReader in(key.substr(1));
  const BytesView target = in.raw(in.octet());
  const Bytes rest = '\1' + Bytes(in.raw(in.left()));
  const std::optional<DataKey> at = parse_data_key(rest);
  if (!in.ok() || target.empty() || !at || at->key.empty()) return "a hint is not filed under a key and a target";
  if (!is_hint_reference(value) && !copy(value)) return undecodable("a hint", *at);
  ++counts_.hints;
  used_.insert(at->keyspace);
  return "";
}

std::string EntryCheck::cut(BytesView key) {
  const std::optional<CutKey> at = parse_cut_key(key);
  if (!at) return "a note of a collection is filed under no partition";
  ++counts_.cuts;
  used_.insert(at->keyspace);
  return "";
}

std::string EntryCheck::row(BytesView key, BytesView value) {
  const std::optional<RowKey> at = parse_row_key(key);
  if (!at) return "a row of a large copy is filed under no key";
  if (!rows_.row(key, value)) return in_partition("a row", at->partition, at->keyspace) + " is not what its key says";
  newest_ = std::max(newest_, decode_row(value)->stamp);
  ++counts_.rows;
  used_.insert(at->keyspace);
  return "";
}

std::vector<RowFit::Misfit> EntryCheck::finish() {
  std::vector<RowFit::Misfit> misfits = rows_.misfits();
  for (const RowFit::Misfit& misfit : misfits) {
    const std::uint64_t head = misfit.head ? 1 : 0;
    counts_.records -= head;
    counts_.rows -= misfit.entries - head;
  }
  return misfits;
}

std::string describe(const RowFit::Misfit& misfit) {
  const char* what = misfit.head ? "a large copy does not fit its rows" : "rows of a large copy are without their head";
  return std::string(what) + in_partition("", misfit.partition, misfit.keyspace);
}

std::set<std::uint16_t> EntryCheck::unknown_keyspaces() const {
  std::set<std::uint16_t> unknown;
  std::set_difference(used_.begin(), used_.end(), named_.begin(), named_.end(), std::inserter(unknown, unknown.end()));
  return unknown;
}

}  // namespace stator
