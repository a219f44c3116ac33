#include "tests/simulation/histories/wire_watch.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "kernel/causality/head.h"
#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/peer_messages.h"
#include "tests/simulation/histories/copy_names.h"

namespace stator::simulation {
namespace {

std::size_t number_of(const std::string& node) { return static_cast<std::size_t>(node.back() - 'a'); }

/// In doubt of what it holds, or not sure yet whether to be.
bool signs_apart(const Node& node, const TruthTable::Entry& entry) {
  const Keyspace& keyspace = *node.keyspace(entry.rules->name);
  return keyspace.authority->in_doubt() || !keyspace.speaks_for(node.partition_of_key(keyspace, entry.key));
}

}  // namespace

WireWatch::WireWatch(Parts parts)
    : parts_(parts),
      committed_(parts.cluster),
      keys_(parts.truths.entries().size()),
      last_stamps_(parts.cluster.size()),
      ahead_(parts.cluster.size()),
      most_ahead_(parts.cluster.size()) {}

void WireWatch::clock_is_ahead(std::size_t node, std::int64_t millis) {
  ahead_[node] = millis;
  most_ahead_[node] = std::max(most_ahead_[node], millis);
}

void WireWatch::see(const std::string& from, const Frame& request) {
  const FrameKind kind = kind_of(*request);
  parts_.chronicle.note(static_cast<std::uint64_t>(kind) << 32 | request->size());
  count(kind);
  if (kind == FrameKind::forward) return note_forward(from, *request);
  const bool record_inside = kind == FrameKind::put || kind == FrameKind::removal || kind == FrameKind::hint;
  repairs_ += record_inside || kind == FrameKind::leaf ? 1 : 0;
  if (!record_inside || request == last_) return;
  last_ = request;
  Result<PeerRequestMessage> message = decode_peer_request(*request, parts_.cluster.scheduler().now());
  const auto* put = message.is_ok() ? std::get_if<ReplicatePut>(&message->body) : nullptr;
  if (put == nullptr) return;
  TruthTable::Entry* entry = parts_.truths.find(put->key);
  if (entry == nullptr && parts_.truths.place_of(put->key) != nullptr) return;
  const Record* record = entry == nullptr ? nullptr : decoded(*entry, put->record);
  if (record == nullptr) return parts_.chronicle.violated("a record was shipped that makes no sense");
  see_record(from, *entry, *record, message->head.deadline);
}

std::size_t WireWatch::most_epochs(const TruthTable::Entry& entry, std::size_t node, std::size_t breaks) const {
  const auto found = key_of(entry).holders.find(node);
  if (found == key_of(entry).holders.end()) return 1 + breaks;
  const Holder& holder = found->second;
  const std::size_t copies = std::max<std::size_t>(holder.copies.size(), 1);
  return copies * (1 + breaks) + holder.removals + holder.signed_in_doubt;
}

// A write is known by its value, or its op id, but a forger's, which are all alike. Whoever tries it again asks another
// node.
void WireWatch::note_forward(const std::string& from, BytesView request) {
  const Result<PeerRequestMessage> message = decode_peer_request(request, parts_.cluster.scheduler().now());
  const auto* forward = message.is_ok() ? std::get_if<Forward>(&message->body) : nullptr;
  if (forward == nullptr) return parts_.chronicle.violated("a write was forwarded that makes no sense");
  if (!forward->put.op_id && !forward->put.value.starts_with(forward->put.head.key)) return;
  Bytes name = from + forward->put.head.key + forward->put.value;
  if (forward->put.op_id) name.append(forward->put.op_id->begin(), forward->put.op_id->end());
  if (!forwards_.insert(std::move(name)).second) parts_.chronicle.met(Seen::forwarded_on);
}

void WireWatch::count(FrameKind kind) {
  switch (kind) {
    case FrameKind::forward: return parts_.chronicle.met(Seen::forwarded);
    case FrameKind::hint: return parts_.chronicle.met(Seen::hint_kept);
    case FrameKind::tree: return parts_.chronicle.met(Seen::trees_compared);
    case FrameKind::leaf: return parts_.chronicle.met(Seen::leaves_compared);
    default: return;
  }
}

void WireWatch::see_record(const std::string& from, TruthTable::Entry& entry, const Record& record,
                           TimePoint deadline) {
  Key& key = keys_[place_of(entry)];
  // Of a single replica, or a fallback that reaches nobody, a write may travel long after it was signed, as a hint.
  const bool at_once = !entry.rules->sloppy && entry.rules->n > 1;
  for (const Version& version : record.versions) {
    const std::optional<std::size_t> write = entry.truth.write_of(version);
    if (!write) return parts_.chronicle.violated(entry.key + " holds what nobody wrote to it");
    auto known = key.writes.find(version.dot);
    if (known == key.writes.end()) {
      judge_signing(from, entry, record, version);
      known = key.writes.find(version.dot);
    }
    Dotted& dotted = known->second;
    if (dotted.write != *write) parts_.chronicle.violated("one dot names two writes of " + entry.key);
    if (!std::exchange(dotted.travelled, true) && at_once) judge_deadline(entry, *write, deadline);
  }
  note_context(entry, record.context);
}

// A copy that its node goes on counting under is one that it has just signed, or merged something into. What others
// had signed was seen before.
void WireWatch::see_commit(std::size_t node, const Commit& commit) {
  committed_.see(node, commit);
  const std::optional<BytesView> name = name_in(commit.key);
  if (!name || !(commit.remove || is_head(commit.value) || is_marked(commit.value))) return;
  TruthTable::Entry* entry = parts_.truths.find(Bytes(*name));
  const std::string& by = parts_.cluster[node].id();
  if (entry == nullptr) {
    if (parts_.truths.place_of(Bytes(*name)) == nullptr)
      parts_.chronicle.violated(by + " stores a key that nobody uses");
    return;
  }
  Key& key = keys_[place_of(*entry)];
  Holder& holder = key.holders[node];
  if (commit.remove) {
    ++holder.removals;
    return;
  }
  if (is_marked(commit.value)) holder.copies.insert(commit.key);
  if (is_head(commit.value)) {
    const Result<Copy> copy = committed_.copy(node, commit);
    if (copy.status().code() == Code::data_loss)
      return parts_.chronicle.violated(by + " stores a copy that makes no sense");
    if (copy.is_ok() && copy->mark) see_own(by, *entry, copy->record);
  } else {
    const Record* record = decoded(*entry, record_bytes(commit.value));
    if (record == nullptr) return parts_.chronicle.violated(by + " stores a copy that makes no sense");
    see_own(by, *entry, *record);
  }
}

void WireWatch::see_own(const std::string& by, TruthTable::Entry& entry, const Record& record) {
  const Key& key = key_of(entry);
  bool any = false;
  for (const Version& version : record.versions) {
    if (version.dot.actor.node != by || key.writes.contains(version.dot)) continue;
    any = true;
    if (!entry.truth.write_of(version)) return parts_.chronicle.violated(entry.key + " holds what nobody wrote to it");
    judge_signing(by, entry, record, version);
  }
  if (any) note_context(entry, record.context);
}

const Record* WireWatch::decoded(const TruthTable::Entry& entry, BytesView encoded) {
  Key& key = keys_[place_of(entry)];
  if (!encoded.empty() && encoded == key.last_encoded) return &key.last;
  Result<Record> record = decode_record(encoded);
  if (!record.is_ok()) return nullptr;
  key.last_encoded = encoded;
  key.last = std::move(*record);
  return &key.last;
}

// Once for each dot.
void WireWatch::judge_signing(const std::string& by, TruthTable::Entry& entry, const Record& record,
                              const Version& version) {
  Key& key = keys_[place_of(entry)];
  const std::size_t write = *entry.truth.write_of(version);
  key.writes[version.dot] = {write, false};
  judge_new(by, entry, version, write);
  const std::size_t signer = number_of(version.dot.actor.node);
  if (parts_.cluster[signer].up() && signs_apart(parts_.cluster[signer].node(), entry))
    ++key.holders[signer].signed_in_doubt;
  if (key.signed_writes.contains(write) && !entry.truth.was_retried(write))
    parts_.chronicle.violated("write " + std::to_string(write) + " of " + entry.key +
                              " was sent once and signed twice");
  key.signed_writes.add(write);
  if (auto wrong = entry.truth.judge_signed(write, record)) parts_.chronicle.violated(*wrong);
}

void WireWatch::judge_deadline(const TruthTable::Entry& entry, std::size_t write, TimePoint deadline) {
  const Duration elapsed = parts_.cluster.scheduler().now() - entry.truth.begun(write);
  if (deadline > entry.truth.deadline(write) + elapsed)
    parts_.chronicle.violated("a write of " + entry.key + " travels with a later deadline than its client gave");
}

void WireWatch::note_context(const TruthTable::Entry& entry, const Context& context) {
  Key& key = keys_[place_of(entry)];
  for (const Context::Entry& seen : context.entries()) {
    std::uint64_t& counter = key.counters[seen.actor];
    counter = std::max(counter, seen.counter);
  }
}

void WireWatch::judge_new(const std::string& by, TruthTable::Entry& entry, const Version& version, std::size_t write) {
  const Key& key = key_of(entry);
  const Actor& actor = version.dot.actor;
  if (actor.node != by) return parts_.chronicle.violated(entry.key + " holds a version its signer never shipped");
  auto known = key.counters.find(actor);
  if (known != key.counters.end() && known->second >= version.dot.counter) {
    return parts_.chronicle.violated("the dot of write " + std::to_string(write) + " of " + entry.key +
                                     " was covered before it was minted");
  }
  auto earlier = key.counters.lower_bound({actor.node, {}});
  if (known == key.counters.end() && earlier != key.counters.end() && earlier->first.node == actor.node)
    parts_.chronicle.met(Seen::new_epoch);
  judge_stamp(number_of(by), version.stamp);
}

void WireWatch::judge_stamp(std::size_t node, Stamp stamp) {
  if (stamp <= last_stamps_[node]) {
    parts_.chronicle.violated(parts_.cluster[node].id() + " signs with the stamp " + std::to_string(stamp.bits) +
                              ", which is no newer than its last, " + std::to_string(last_stamps_[node].bits));
  }
  last_stamps_[node] = stamp;
  if (!is_believable(node, stamp))
    parts_.chronicle.violated(parts_.cluster[node].id() + " signs with a stamp from too far in the future");
}

// A clock may be pushed ahead of its wall by others, as far as the skew allows; a restart begins where its limit was.
bool WireWatch::is_believable(std::size_t node, Stamp stamp) const {
  if (!parts_.cluster[node].up()) return true;
  const std::int64_t now = static_cast<std::int64_t>(parts_.cluster[node].executor().wall_millis()) - ahead_[node];
  return static_cast<std::int64_t>(stamp.millis()) <= now + most_ahead_[node] + 2 * parts_.max_clock_skew.count();
}

void WireWatch::judge_held(std::size_t node, const Bytes& key, const Record& record) {
  for (const Version& version : record.versions) {
    if (!is_believable(node, version.stamp))
      parts_.chronicle.violated(parts_.cluster[node].id() + " holds a version of " + key +
                                " that is stamped too far in the future");
  }
}

}  // namespace stator::simulation
