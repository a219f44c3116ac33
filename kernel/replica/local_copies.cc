#include "kernel/replica/local_copies.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/invariant.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/keys_ahead.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

Result<std::variant<Copy, Head>> decode_stored(BytesView stored) {
  if (is_head(stored)) {
    Result<Head> head = decode_head(stored);
    return head.is_ok() ? Result<std::variant<Copy, Head>>(std::move(*head)) : head.status();
  }
  Result<Copy> copy = decode_copy(stored);
  return copy.is_ok() ? Result<std::variant<Copy, Head>>(std::move(*copy)) : copy.status();
}

Bytes prefix_of(const KeyAddress& at) { return rows_prefix(at.partition, at.keyspace, at.key); }

}  // namespace

Stamp LocalCopy::newest() const {
  Stamp newest = head() != nullptr ? head()->newest : Stamp();
  for (const Context::Entry& entry : context().entries()) newest = std::max(newest, entry.actor.epoch);
  for (const Version& version : rest().record.versions) newest = std::max(newest, version.stamp);
  return newest;
}

bool is_large(const KeyAddress& at, const Copy& copy) {
  return at.hint_for.empty() && copy.record.versions.size() >= kRowsFrom;
}

Storing storing(const KeyAddress& at, Bytes storage_key, const WholeCopy& before, Copy after) {
  const bool in_rows = is_large(at, after);
  Storing made{.key = std::move(storage_key), .replaced = before.durable};
  if (in_rows || !before.rows.empty()) {
    made.rows = row_changes(prefix_of(at), before.rows,
                            in_rows ? std::span<const Version>(after.record.versions) : std::span<const Version>());
  }
  if (in_rows) {
    Head head = head_of(after);
    made.encoded = encode_head(head);
    made.copy = std::move(head);
  } else {
    made.encoded = encode_copy(after);
    made.copy = std::move(after);
  }
  made.digest = stored_digest(made.encoded);
  return made;
}

Storing storing(const KeyAddress& at, Bytes storage_key, std::uint64_t durable, HeadChange change) {
  Storing made{.key = std::move(storage_key), .encoded = encode_head(change.head), .replaced = durable};
  made.digest = stored_digest(made.encoded);
  const Bytes prefix = prefix_of(at);
  for (const Version& version : change.removed) {
    if (!STATOR_SEEDED_BUG(replaced_row_kept)) made.rows.emplace(row_key(prefix, version), std::nullopt);
  }
  for (const Version& version : change.added) made.rows.emplace(row_key(prefix, version), encode_version(version));
  made.copy = std::move(change.head);
  return made;
}

Result<std::optional<LocalCopy>> LocalCopies::find(const KeyAddress& at, const Bytes& storage_key) const {
  if (!entries_.empty() && !STATOR_SEEDED_BUG(pending_ignored)) {
    const auto waiting = entries_.find(Key(&at.store, storage_key));
    if (waiting != entries_.end()) return std::optional<LocalCopy>(LocalCopy{waiting->second.latest});
  }
  const ReadAhead::Stored* ahead = ahead_.at_hand(at.store, storage_key);
  Result<std::optional<Bytes>> stored = ahead != nullptr ? *ahead : at.store.storage().get(storage_key);
  if (!stored.is_ok()) return stored.status();
  if (!*stored || (!at.hint_for.empty() && is_hint_reference(**stored))) return std::optional<LocalCopy>();
  Result<std::variant<Copy, Head>> copy = decode_stored(**stored);
  if (!copy.is_ok()) return copy.status();
  return std::optional<LocalCopy>(LocalCopy{std::move(*copy), stored_digest(**stored), **std::move(stored)});
}

RowReader LocalCopies::rows(const KeyAddress& at, const Bytes& storage_key) const {
  const auto waiting = entries_.find(Key(&at.store, storage_key));
  const bool none = waiting == entries_.end() || STATOR_SEEDED_BUG(rows_in_flight_ignored);
  return {at.store.storage(), prefix_of(at), none ? nullptr : &waiting->second.rows};
}

Result<WholeCopy> LocalCopies::whole(const KeyAddress& at, const Bytes& storage_key, LocalCopy local) const {
  if (local.head() == nullptr) return WholeCopy{std::get<Copy>(std::move(local.copy)), {}, local.durable};
  Head head = std::get<Head>(std::move(local.copy));
  RowReader rows = this->rows(at, storage_key);
  head.rest.record.versions = rows.all();
  if (!rows.status().is_ok()) return rows.status();
  const Head found = head_of(head.rest);
  if (found.count != head.count || found.sum != head.sum)
    return Status(Code::data_loss, "a large copy does not fit its " + std::to_string(found.count) +
                                       " rows, of which there should be " + std::to_string(head.count));
  std::vector<Version> in_rows = head.rest.record.versions;
  return WholeCopy{std::move(head.rest), std::move(in_rows), local.durable};
}

std::map<Bytes, std::uint64_t, std::less<>> LocalCopies::in_flight(const CopyRange& range) const {
  std::map<Bytes, std::uint64_t, std::less<>> keys;
  for (const auto& [where, waiting] : entries_) {
    const std::optional<DataKey> at = where.first == &range.store ? parse_data_key(where.second) : std::nullopt;
    if (at && at->partition == range.partition && at->keyspace == range.keyspace)
      keys.emplace(at->key, waiting.durable);
  }
  return keys;
}

LocalCopies::Begun LocalCopies::begin(const KeyAddress& at, Storing& storing) {
  Entry& waiting = entries_[Key(&at.store, storing.key)];
  if (waiting.in_flight == 0) waiting.durable = storing.replaced;
  waiting.latest = std::move(storing.copy);
  ++waiting.in_flight;
  // What changes rows stands or falls with what it builds on.
  if (!storing.rows.empty() && !waiting.chain && !STATOR_SEEDED_BUG(rows_without_chain))
    waiting.chain = std::make_shared<CommitChain>();
  const std::uint64_t number = ++waiting.begun;
  for (const auto& [key, row] : storing.rows) waiting.rows.insert_or_assign(key, RowInFlight{row, number});
  Begun begun{number, storing.digest, waiting.chain, {}};
  if (storing.rows.empty()) return begun;
  std::vector<Bytes> keys;
  keys.reserve(storing.rows.size());
  for (const auto& [key, row] : storing.rows) keys.push_back(key);
  begun.change = at.store.row_log().begin(std::move(keys));
  return begun;
}

std::uint64_t LocalCopies::end(Store& store, const Bytes& storage_key, const Begun& commit, bool stored) {
  if (commit.change) store.row_log().end(*commit.change);
  const auto found = entries_.find(Key(&store, storage_key));
  STATOR_INVARIANT(found != entries_.end(), "a commit in flight has its entry");
  Entry& waiting = found->second;
  const std::uint64_t before = waiting.durable;
  if (stored) waiting.durable = commit.digest;
  if (stored) std::erase_if(waiting.rows, [&](const auto& row) { return row.second.commit <= commit.number; });
  if (--waiting.in_flight == 0) entries_.erase(found);
  return before;
}

}  // namespace stator
