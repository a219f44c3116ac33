#include "kernel/causality/copy.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/operation.h"
#include "kernel/causality/record_codec.h"
#include "kernel/causality/signing.h"
#include "kernel/causality/wire.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::size_t kMarkSize = 17;

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
  const auto at = std::lower_bound(record.versions.begin(), record.versions.end(), made, earlier_dot);
  record.versions.insert(at, std::move(made));
}

}  // namespace

Bytes encode_copy(const Copy& copy) {
  Bytes out;
  std::size_t size =
      kMarkSize + 64 * (1 + copy.record.versions.size() + copy.record.context.size()) + 32 * copy.record.ops.size();
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
