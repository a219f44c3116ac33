#include "kernel/replica/rows.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"
#include "kernel/replica/copy_observer.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr int kMostScans = 4;
constexpr int kMostLooks = 64;  // at what has changed since a scan

Bytes prefix_of(const DataKey& at) { return rows_prefix(at.partition, at.keyspace, at.key); }

Status unfit(const DataKey& at, std::uint64_t found, std::uint64_t expected) {
  return {Code::data_loss, "a copy in partition " + std::to_string(at.partition) + " of keyspace number " +
                               std::to_string(at.keyspace) + " does not fit its " + std::to_string(found) +
                               " rows, of which there should be " + std::to_string(expected)};
}

/// The rows of one copy as they were met.
class Rows {
 public:
  Status scan(Storage& storage, const Bytes& prefix, std::uint64_t expected) {
    rows_.clear();
    rows_.reserve(std::min<std::uint64_t>(expected, 1 << 20));
    sum_ = 0;
    return storage.scan(prefix, prefix_end(prefix), [this](BytesView key, BytesView row) {
      rows_.emplace_back(key, row);
      sum_ += record_digest(row);
      return true;
    });
  }
  void set(const Bytes& key, std::optional<Bytes> row) {
    auto at =
        std::lower_bound(rows_.begin(), rows_.end(), key, [](const Row& a, const Bytes& b) { return a.first < b; });
    const bool there = at != rows_.end() && at->first == key;
    if (there) sum_ -= record_digest(at->second);
    if (row) sum_ += record_digest(*row);
    if (there && row) {
      at->second = *std::move(row);
    } else if (there) {
      rows_.erase(at);
    } else if (row) {
      rows_.emplace(at, key, *std::move(row));
    }
  }
  std::size_t size() const { return rows_.size(); }
  bool fit(const Head& head) const { return rows_.size() == head.count && sum_ == head.sum; }
  Result<std::optional<Copy>> copy(Head head) const {
    std::vector<Version>& versions = head.rest.record.versions;
    versions.reserve(rows_.size());
    for (const auto& [key, row] : rows_) {
      Result<Version> version = decode_row(row);
      if (!version.is_ok()) return version.status();
      versions.push_back(std::move(*version));
    }
    std::sort(versions.begin(), versions.end(), [](const Version& a, const Version& b) { return a.dot < b.dot; });
    return std::optional<Copy>(std::move(head.rest));
  }

 private:
  using Row = std::pair<Bytes, Bytes>;
  std::vector<Row> rows_;  // ascending by key
  std::uint64_t sum_ = 0;
};

Result<std::optional<Copy>> whole(BytesView stored, std::uint64_t* digest) {
  if (digest != nullptr) *digest = stored_digest(stored);
  Result<Copy> copy = decode_copy(stored);
  if (!copy.is_ok()) return copy.status();
  return std::optional<Copy>(std::move(*copy));
}

}  // namespace

Bytes row_key(BytesView rows_prefix, BytesView place, const Dot& dot) {
  Bytes out(rows_prefix);
  out.append(place);
  ByteWriter writer(out);
  writer.counted(dot.actor.node);
  writer.word(dot.actor.epoch.bits);
  writer.word(dot.counter);
  return out;
}

std::optional<RowKey> parse_row_key(BytesView storage_key) {
  ByteReader in(storage_key);
  const bool is_row = in.octet() == 4;
  const auto number = [&in] {
    const auto high = in.octet();
    return static_cast<std::uint16_t>(high << 8 | in.octet());
  };
  RowKey at;
  at.partition = number();
  at.keyspace = number();
  at.key = in.counted();
  at.prefix = storage_key.substr(0, storage_key.size() - in.left());
  if (!is_row || !in.ok() || at.key.empty()) return std::nullopt;
  return at;
}

Bytes prefix_end(BytesView prefix) {
  Bytes end(prefix);
  while (end.back() == '\377') end.pop_back();
  ++end.back();
  return end;
}

Result<Version> decode_row(BytesView row) {
  Result<Record> alone = decode_record(row);
  if (!alone.is_ok()) return Status(Code::data_loss, "a row of a large copy: " + alone.status().message());
  if (alone->versions.size() != 1) return Status(Code::data_loss, "a row of a large copy holds no version");
  return std::move(alone->versions.front());
}

RowChanges row_changes(BytesView rows_prefix, std::span<const Version> before, std::span<const Version> after) {
  RowChanges changes;
  for (const Version& version : before) changes.emplace(row_key(rows_prefix, version), std::nullopt);
  auto old = before.begin();
  for (const Version& version : after) {
    while (old != before.end() && old->dot < version.dot) ++old;
    if (old != before.end() && *old == version) {
      changes.erase(row_key(rows_prefix, version));
    } else {
      changes[row_key(rows_prefix, version)] = encode_version(version);
    }
  }
  return changes;
}

// Rows that change while they are scanned are looked at again, and the head with them, until all of it fits together.
// What does not although nothing changes is damaged.
Result<std::optional<Copy>> read_copy(Storage& storage, const RowLog& log, BytesView data_key, std::uint64_t* digest) {
  const std::optional<DataKey> at = parse_data_key(data_key);
  Rows rows;
  for (int scans = 0; scans < kMostScans; ++scans) {
    const RowLog::Moment begun = log.now();
    Bytes prefix;
    for (int looks = 0; looks < kMostLooks; ++looks) {
      const RowLog::Moment moment = log.now();
      const Result<std::optional<Bytes>> stored = storage.get(data_key);
      if (!stored.is_ok()) return stored.status();
      if (!*stored) return std::optional<Copy>();
      if (!at || !is_head(**stored)) return whole(**stored, digest);
      Result<Head> head = decode_head(**stored);
      if (!head.is_ok()) return head.status();
      if (prefix.empty()) {
        prefix = prefix_of(*at);
        if (Status scanned = rows.scan(storage, prefix, head->count); !scanned.is_ok()) return scanned;
      }
      const std::optional<std::vector<Bytes>> changed = log.since(begun, prefix);
      if (!changed) break;
      for (const Bytes& key : *changed) {
        Result<std::optional<Bytes>> row = storage.get(key);
        if (!row.is_ok()) return row.status();
        rows.set(key, *std::move(row));
      }
      if (rows.fit(*head)) {
        if (digest != nullptr) *digest = head->digest();
        return rows.copy(*std::move(head));
      }
      if (log.now() == moment && !log.changing(prefix)) return unfit(*at, rows.size(), head->count);
    }
  }
  return Status(Code::unavailable, "the key is changed faster than it can be read");
}

std::uint64_t stored_digest(BytesView stored) {
  if (!is_head(stored)) return copy_digest(stored);
  const Result<Head> head = decode_head(stored);
  if (!head.is_ok()) return 0;
  return STATOR_SEEDED_BUG(digest_without_values) ? record_digest(encode_context(head->rest.record.context))
                                                  : head->digest();
}

}  // namespace stator
