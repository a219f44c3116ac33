#include "tests/simulation/histories/committed_copies.h"

#include <algorithm>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/row_tally.h"
#include "kernel/replica/storage_keys.h"

namespace stator::simulation {
namespace {

void change(std::map<Bytes, Bytes>& rows, const RowChanges& changes) {
  for (const auto& [key, row] : changes) {
    if (row) {
      rows[key] = *row;
    } else {
      rows.erase(key);
    }
  }
}

Result<Copy> whole(Head head, const std::map<Bytes, Bytes>& rows) {
  RowTally tally;
  for (const auto& [key, row] : rows) tally.add(row);
  if (tally != RowTally{head.count, head.sum}) return Status(Code::unavailable, "a head without its rows");
  Copy copy = std::move(head.rest);
  for (const auto& [key, row] : rows) {
    Result<Version> version = decode_row(row);
    if (!version.is_ok()) return version.status();
    copy.record.versions.push_back(std::move(*version));
  }
  std::sort(copy.record.versions.begin(), copy.record.versions.end(),
            [](const Version& a, const Version& b) { return a.dot < b.dot; });
  return copy;
}

}  // namespace

bool is_marked(BytesView stored) {
  if (!is_head(stored)) return stored.starts_with('\1');
  const Result<Head> head = decode_head(stored);
  return head.is_ok() && head->rest.mark.has_value();
}

CommittedCopies::Rows CommittedCopies::stored(std::size_t node, const Bytes& prefix) {
  Rows rows;
  if (ReadWatch* watch = cluster_[node].read_watch()) watch->watch(false);
  (void)cluster_[node].node().stores().front()->storage().scan(
      prefix, prefix_end(prefix), [&rows](BytesView key, BytesView row) { return rows.emplace(key, row), true; });
  if (ReadWatch* watch = cluster_[node].read_watch()) watch->watch(true);
  return rows;
}

void CommittedCopies::see(std::size_t node, const Commit& commit) {
  if (!commit.rows.empty()) change(rows_[{node, commit.key}], commit.rows);
}

// What was handed over may have been lost since, by a crash or a failed write: then the node has begun anew from what
// is stored.
Result<Copy> CommittedCopies::copy(std::size_t node, const Commit& commit) {
  if (!is_head(commit.value)) return decode_copy(commit.value);
  const Result<Head> head = decode_head(commit.value);
  const std::optional<DataKey> at = parse_data_key(commit.key);
  if (!head.is_ok() || !at) return Status(Code::data_loss, "not the head of a primary's copy");
  Rows& rows = rows_[{node, commit.key}];
  Result<Copy> copy = whole(*head, rows);
  if (copy.is_ok()) return copy;
  rows = stored(node, rows_prefix(at->partition, at->keyspace, at->key));
  change(rows, commit.rows);
  return whole(*head, rows);
}

}  // namespace stator::simulation
