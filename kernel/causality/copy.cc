#include "kernel/causality/copy.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::size_t kMarkSize = 17;

// Somebody holds a newer event of ours than we do: we have lost one, and counting on would name two writes alike.
void drop_disproved_mark(Copy& copy, const Context& elsewhere, const std::string& node) {
  if (!copy.mark || STATOR_SEEDED_BUG(epoch_kept_on_lost_mark)) return;
  const Actor self{node, copy.mark->epoch};
  if (elsewhere.counter(self) > copy.record.context.counter(self)) copy.mark.reset();
}

// Who signs here from now on.
Actor actor_of(Copy& copy, const Signer& signer) {
  const bool holds =
      copy.mark && copy.mark->incarnation == signer.incarnation && !STATOR_SEEDED_BUG(epoch_for_every_write);
  if (!holds) copy.mark = Mark{signer.epoch, signer.incarnation};
  return {signer.node, copy.mark->epoch};
}

Dot next_dot(const Record& record, Actor actor) {
  const std::uint64_t counter = record.context.counter(actor) + 1;
  if (STATOR_SEEDED_BUG(counter_not_incremented) && counter > 1) return {std::move(actor), counter - 1};
  return {std::move(actor), counter};
}

// An expired version reads as a tombstone, so it counts as one here too.
bool lives(const Version& version, Stamp now) {
  return !version.tombstone && (!version.expires || version.expires->millis() > now.millis());
}

bool lives(const Record& record, Stamp now) {
  return std::any_of(record.versions.begin(), record.versions.end(),
                     [now](const Version& version) { return lives(version, now); });
}

Status check_preconditions(const Record& local, const WriteIntent& intent, Stamp now) {
  if (intent.create_only && !STATOR_SEEDED_BUG(create_only_ignored) && lives(local, now))
    return {Code::failed_precondition, "the key exists"};
  if (!intent.if_match) return Status::ok();
  if (!intent.observed) {
    return lives(local, now) ? Status::ok() : Status(Code::failed_precondition, "the key does not exist");
  }
  const bool held = !local.versions.empty() && local.live();
  if (held && !lives(local, now)) return {Code::failed_precondition, "what the key held has expired"};
  const bool all_seen = std::all_of(local.versions.begin(), local.versions.end(),
                                    [&](const Version& version) { return intent.observed->covers(version.dot); });
  return all_seen ? Status::ok() : Status(Code::failed_precondition, "the key was written since that context was read");
}

Context observed_context(const Record& local, const WriteIntent& intent) {
  if (intent.observed) return *intent.observed;
  return intent.create_only ? Context() : local.context;
}

bool by_dot(const Version& a, const Version& b) { return a.dot < b.dot; }

Version make_version(WriteIntent& intent, Dot dot, Stamp stamp) {
  Version version;
  version.dot = std::move(dot);
  version.stamp = stamp;
  version.tombstone = intent.remove;
  if (!intent.remove) {
    version.value = std::move(intent.value);
    version.content_type = std::move(intent.content_type);
  }
  version.op_id = intent.op_id;
  version.expires = intent.expires;
  return version;
}

void replace_versions(Record& record, const Context& observed, Version made) {
  std::erase_if(record.versions, [&](const Version& version) {
    return observed.covers(version.dot) || STATOR_SEEDED_BUG(write_replaces_unseen);
  });
  const auto at = std::lower_bound(record.versions.begin(), record.versions.end(), made, by_dot);
  record.versions.insert(at, std::move(made));
}

void note_op(Record& record, const std::optional<OpId>& op, Stamp stamp, const Dot& dot) {
  if (!op) return;
  Record noted;
  noted.ops.push_back({*op, stamp, dot});
  record.ops = merge(Record{{}, {}, std::move(record.ops)}, std::move(noted)).ops;
}

std::size_t cost(const std::vector<Version>& versions) {
  return std::accumulate(versions.begin(), versions.end(), std::size_t{0}, [](std::size_t sum, const Version& version) {
    return sum + kVersionCost + version.value.size();
  });
}

// What an operation adds, under the actor's next dots; of one that adds nothing a removal, so that it too is a write
// with a dot and a stamp of its own. The op id is not among them: each of them is no write that could be repeated.
std::vector<Version> add_versions(Record& record, std::vector<Bytes> values, const WriteIntent& intent,
                                  const Signer& signer, const Actor& actor) {
  const bool removal = values.empty();
  if (removal) values.emplace_back();
  std::vector<Version> added;
  for (Bytes& value : values) {
    added.push_back({next_dot(record, actor), signer.stamp, removal, std::move(value)});
    if (!removal) added.back().expires = intent.expires;
    record.context.add(added.back().dot);
  }
  const auto before = static_cast<std::ptrdiff_t>(record.versions.size());
  record.versions.insert(record.versions.end(), added.begin(), added.end());
  std::inplace_merge(record.versions.begin(), record.versions.begin() + before, record.versions.end(), by_dot);
  return added;
}

// Those that are named, in the ascending order of their dots.
template <typename Named>
void erase_versions(Record& record, std::vector<Dot>& erased, Named named) {
  std::erase_if(record.versions, [&](const Version& version) {
    if (!named(version)) return false;
    erased.push_back(version.dot);
    return true;
  });
}

Delta delta_of(const Record& record, std::vector<Version> added, std::vector<Dot> replaced,
               const std::optional<OpId>& op) {
  std::vector<OpResult> ops;
  if (op) ops.push_back({*op, added.back().stamp, added.back().dot});
  std::sort(replaced.begin(), replaced.end());
  Delta delta = make_delta(std::move(added), std::move(replaced), std::move(ops));
  if (STATOR_SEEDED_BUG(delta_claims_whole_context)) delta.change.context = record.context;
  return delta;
}

// Exactly what the operation says goes. The client's context tells what it has seen and not what is to vanish, so
// unlike a value's it is not merged into the record's. Of what is removed and expired the context alone is kept.
Result<WriteEffect> apply_operation(Copy local, const WriteIntent& intent, const Signer& signer) {
  Record& record = local.record;
  const std::size_t before = cost(record.versions);
  std::vector<Dot> erased;
  erase_versions(record, erased, [&](const Version& version) { return !lives(version, signer.stamp); });
  const bool is_new = record.versions.empty() && erased.empty();
  if (intent.observed) drop_disproved_mark(local, *intent.observed, signer.node);
  const Actor actor = actor_of(local, signer);
  Result<VersionChange> change = intent.operation(record.versions, intent.observed, actor);
  if (!change.is_ok()) return change.status();
  std::sort(change->replaced.begin(), change->replaced.end());
  erase_versions(record, erased, [&](const Version& version) {
    return std::binary_search(change->replaced.begin(), change->replaced.end(), version.dot);
  });
  const bool adds = !change->added.empty();
  std::vector<Version> added = add_versions(record, std::move(change->added), intent, signer, actor);
  Dot last = added.back().dot;
  note_op(record, intent.op_id, signer.stamp, last);
  const std::size_t after = cost(record.versions);
  if (after > intent.max_bytes && after > before) {
    return Status(Code::too_large, "the key would hold " + std::to_string(after) + " bytes, " +
                                       std::to_string(kVersionCost) + " of them for each item; the limit is " +
                                       std::to_string(intent.max_bytes));
  }
  std::optional<Delta> delta;
  if (!is_new) delta = delta_of(record, std::move(added), std::move(erased), intent.op_id);
  return WriteEffect{std::move(local), std::move(last), false, adds, std::move(delta)};
}

const OpResult* find_op(const Record& record, const std::optional<OpId>& op) {
  if (!op || STATOR_SEEDED_BUG(op_id_ignored)) return nullptr;
  for (const OpResult& entry : record.ops) {
    if (entry.op == *op) return &entry;
  }
  return nullptr;
}

}  // namespace

Bytes encode_copy(const Copy& copy) {
  Bytes out;
  std::size_t size = kMarkSize + 64 * (1 + copy.record.versions.size() + copy.record.context.size());
  for (const Version& version : copy.record.versions) size += version.value.size();
  out.reserve(size);
  ByteWriter writer(out);
  writer.octet(copy.mark ? 1 : 0);
  if (copy.mark) {
    writer.word(copy.mark->epoch.bits);
    writer.word(copy.mark->incarnation.bits);
  }
  encode_record(copy.record, out);
  return out;
}

BytesView record_bytes(BytesView encoded_copy) {
  const std::size_t skip = !encoded_copy.empty() && encoded_copy.front() == 1 ? kMarkSize : 1;
  return encoded_copy.size() > skip ? encoded_copy.substr(skip) : BytesView();
}

Result<Copy> decode_copy(BytesView bytes) {
  ByteReader in(bytes);
  Copy copy;
  const std::uint8_t marked = in.octet();
  if (marked == 1) {
    const Stamp epoch{in.word()};
    copy.mark = Mark{epoch, Stamp{in.word()}};
  }
  if (!in.ok() || marked > 1) return Status(Code::data_loss, "not a stored copy: malformed mark");
  Result<Record> record = decode_record(in.raw(in.left()));
  if (!record.is_ok()) return Status(Code::data_loss, record.status().message());
  copy.record = std::move(*record);
  return copy;
}

Result<WriteEffect> apply_write(Copy local, WriteIntent intent, const Signer& signer) {
  if (const OpResult* earlier = find_op(local.record, intent.op_id)) {
    Dot dot = earlier->dot;
    return WriteEffect{std::move(local), std::move(dot), true, false, {}};
  }
  if (Status allowed = check_preconditions(local.record, intent, signer.stamp); !allowed.is_ok()) return allowed;
  if (intent.operation) return apply_operation(std::move(local), intent, signer);

  const Context observed = observed_context(local.record, intent);
  const std::size_t before = local.record.versions.size();
  drop_disproved_mark(local, observed, signer.node);
  local.record.context.merge(observed);
  Dot dot = next_dot(local.record, actor_of(local, signer));
  local.record.context.add(dot);
  note_op(local.record, intent.op_id, signer.stamp, dot);
  const std::size_t limit = intent.max_siblings;
  const bool left = STATOR_SEEDED_BUG(removal_leaves_values) && intent.remove;
  replace_versions(local.record, left ? Context() : observed, make_version(intent, dot, signer.stamp));
  if (local.record.versions.size() > limit && local.record.versions.size() >= before) {
    return Status(Code::conflict, "the key holds " + std::to_string(before) + " siblings, the limit is " +
                                      std::to_string(limit) + ": read it and write back with the context you got");
  }
  return WriteEffect{std::move(local), std::move(dot), false, !intent.remove, {}};
}

Context context_after_write(const Record& record, const Dot& dot) {
  Context seen;
  for (const Context::Entry& entry : record.context.entries()) {
    std::uint64_t counter = entry.counter;
    for (const Version& version : record.versions) {
      if (version.dot != dot && version.dot.actor == entry.actor) counter = std::min(counter, version.dot.counter - 1);
    }
    seen.add({entry.actor, counter});
  }
  return seen;
}

Copy absorb(Copy local, Record arrived, const std::string& node, MergeReport* report) {
  drop_disproved_mark(local, arrived.context, node);
  local.record = merge(std::move(local.record), std::move(arrived), report);
  return local;
}

Copy absorb(Copy local, Delta arrived, const std::string& node, MergeReport* report) {
  drop_disproved_mark(local, arrived.change.context, node);
  local.record = join(std::move(local.record), std::move(arrived), report);
  return local;
}

}  // namespace stator
