#include "kernel/causality/operation.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernel/causality/signing.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

std::size_t cost(const std::vector<Version>& versions) {
  return std::accumulate(versions.begin(), versions.end(), std::size_t{0}, [](std::size_t sum, const Version& version) {
    return sum + kVersionCost + version.value.size();
  });
}

// What an operation adds, under the actor's next dots; of one that adds nothing a removal, so that it too is a write
// with a dot and a stamp of its own. The op id is not among them: each of them is no write that could be repeated.
std::vector<Version> sign_versions(Record& record, std::vector<Bytes> values, const WriteIntent& intent,
                                   const Signer& signer, const Actor& actor) {
  const bool removal = values.empty();
  if (removal) values.emplace_back();
  std::vector<Version> added;
  added.reserve(values.size());
  for (Bytes& value : values) {
    added.push_back({next_dot(record, actor), signer.stamp, removal, std::move(value)});
    if (!removal) added.back().expires = intent.expires;
    record.context.add(added.back().dot);
  }
  return added;
}

// Those that are named, in the ascending order of their dots.
template <typename Named>
void erase_versions(Record& record, std::vector<Version>& erased, Named named) {
  std::erase_if(record.versions, [&](const Version& version) {
    if (!named(version)) return false;
    erased.push_back(version);
    return true;
  });
}

void insert_versions(Record& record, const std::vector<Version>& added) {
  const auto before = static_cast<std::ptrdiff_t>(record.versions.size());
  record.versions.insert(record.versions.end(), added.begin(), added.end());
  std::inplace_merge(record.versions.begin(), record.versions.begin() + before, record.versions.end(), earlier_dot);
}

Delta delta_of(const Record& record, std::vector<Version> added, const std::vector<Version>& replaced,
               const std::optional<OpId>& op) {
  std::vector<OpResult> ops;
  if (op) ops.push_back({*op, added.back().stamp, added.back().dot});
  Delta delta = make_delta(std::move(added), replaced, std::move(ops));
  if (STATOR_SEEDED_BUG(delta_claims_whole_context)) delta.change.context = record.context;
  return delta;
}

Status check_room(std::size_t before, std::size_t after, const WriteIntent& intent) {
  if (after <= intent.max_bytes || after <= before) return {};
  return {Code::too_large, "the key would hold " + std::to_string(after) + " bytes, " + std::to_string(kVersionCost) +
                               " of them for each item; the limit is " + std::to_string(intent.max_bytes)};
}

}  // namespace

// Exactly what the operation says goes. The client's context tells what it has seen and not what is to vanish, so
// unlike a value's it is not merged into the record's. Of what is removed and expired the context alone is kept.
Result<WriteEffect> apply_operation(Copy local, const WriteIntent& intent, const Signer& signer) {
  Record& record = local.record;
  const std::size_t before = cost(record.versions);
  std::vector<Version> erased;
  erase_versions(record, erased, [&](const Version& version) { return !lives(version, signer.stamp); });
  const bool is_new = record.versions.empty() && erased.empty();
  if (intent.observed) drop_disproved_mark(local, *intent.observed, signer.node);
  const Actor actor = actor_of(local, signer);
  Result<VersionChange> change = intent.operation({record.versions}, intent.observed, actor);
  if (!change.is_ok()) return change.status();
  std::sort(change->replaced.begin(), change->replaced.end());
  erase_versions(record, erased, [&](const Version& version) {
    return std::binary_search(change->replaced.begin(), change->replaced.end(), version.dot);
  });
  const bool adds = !change->added.empty();
  std::vector<Version> added = sign_versions(record, std::move(change->added), intent, signer, actor);
  insert_versions(record, added);
  Dot last = added.back().dot;
  note_op(record, intent.op_id, signer.stamp, last);
  if (Status room = check_room(before, cost(record.versions), intent); !room.is_ok()) return room;
  std::optional<Delta> delta;
  if (!is_new) delta = delta_of(record, std::move(added), erased, intent.op_id);
  return WriteEffect{std::move(local), std::move(last), false, adds, std::move(delta)};
}

Result<HeadEffect> apply_operation(Head local, VersionRows& rows, const WriteIntent& intent, const Signer& signer) {
  Record& rest = local.rest.record;
  if (const OpResult* earlier = find_op(rest, intent.op_id)) {
    Dot dot = earlier->dot;
    return HeadEffect{{std::move(local), {}, {}}, std::move(dot), true, false, {}};
  }
  const std::size_t before = local.cost;
  if (intent.observed) drop_disproved_mark(local.rest, *intent.observed, signer.node);
  const Actor actor = actor_of(local.rest, signer);
  Result<VersionChange> change = intent.operation({{}, &rows}, intent.observed, actor);
  const std::span<const Version> removals = rows.removals();
  if (!rows.status().is_ok()) return rows.status();
  if (!change.is_ok()) return change.status();

  std::vector<Version> removed(removals.begin(), removals.end());
  std::sort(change->replaced.begin(), change->replaced.end());
  const auto end = std::unique(change->replaced.begin(), change->replaced.end());
  for (auto dot = change->replaced.begin(); dot != end; ++dot) {
    if (const Version* version = rows.given(*dot)) removed.push_back(*version);
  }
  const bool adds = !change->added.empty();
  std::vector<Version> added = sign_versions(rest, std::move(change->added), intent, signer, actor);
  for (const Version& version : removed) local.remove(version);
  for (const Version& version : added) local.add(version);
  Dot last = added.back().dot;
  note_op(rest, intent.op_id, signer.stamp, last);
  if (Status room = check_room(before, local.cost, intent); !room.is_ok()) return room;
  Delta delta = delta_of(rest, added, removed, intent.op_id);
  return HeadEffect{
      {std::move(local), std::move(added), std::move(removed)}, std::move(last), false, adds, std::move(delta)};
}

HeadChange absorb(Head local, const Delta& arrived, std::vector<Version> there, const std::string& node) {
  const Record& change = arrived.change;
  drop_disproved_mark(local.rest, change.context, node);
  Record& rest = local.rest.record;
  std::vector<Version> added;
  for (const Version& version : change.versions) {
    if (!rest.context.covers(version.dot)) added.push_back(version);
  }
  for (const Version& version : there) local.remove(version);
  for (const Version& version : added) local.add(version);
  rest.context.merge(change.context);
  rest.ops = merge(Record{{}, {}, std::move(rest.ops)}, Record{{}, {}, change.ops}).ops;
  return {std::move(local), std::move(added), std::move(there)};
}

}  // namespace stator
