#include "kernel/healing/hint_store.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/keys_ahead.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::chrono::seconds kRemovalRest{1};  // before one that failed is tried again

// What a hint costs besides its key and value, in the index above all.
constexpr std::uint64_t kOverhead = 256;

HintId id_of(const Keyspace& keyspace, const KeyAddress& at) {
  return {at.partition, keyspace.rules.name, Bytes(at.key)};
}

Bytes key_of(const KeyAddress& at) { return hint_key(at.hint_for, at.partition, at.keyspace, at.key); }

KeyAddress own_copy(KeyAddress at) {
  at.hint_for = {};
  return at;
}

std::uint64_t newest_millis(const Record& record) {
  std::uint64_t newest = 0;
  for (const Version& version : record.versions) newest = std::max(newest, version.stamp.millis());
  return newest;
}

}  // namespace

HintStore::Target& HintStore::target(const std::string& node) {
  auto [at, fresh] = targets_.try_emplace(node);
  if (fresh) at->second.tally = parts_.ledger.open(node);
  return at->second;
}

void HintStore::publish(Target& target) {
  target.tally->pending = target.queue.size();
  target.tally->bytes = target.queue.bytes();
  target.tally->oldest_ms = target.queue.oldest_ms();
}

void HintStore::found(const Keyspace& keyspace, const KeyAddress& at, BytesView value) {
  HintFacts facts{is_hint_reference(value), kOverhead + at.key.size() + value.size(), hint_reference_since(value)};
  if (!facts.by_reference) {
    const Result<Record> record = decode_record(record_bytes(value));
    facts.since_ms = record.is_ok() ? newest_millis(*record) : 0;
  }
  Target& into = target(std::string(at.hint_for));
  into.queue.found(id_of(keyspace, at), facts);
  publish(into);
}

Status HintStore::admit(const Keyspace& keyspace, const KeyAddress& at, std::uint64_t bytes, bool brings_value) {
  if (Status room = at.store.admit(brings_value); !room.is_ok()) return room;
  Target& into = target(std::string(at.hint_for));
  const bool fits = into.queue.bytes(keyspace.rules.name) + bytes <= keyspace.rules.hint_bytes / share_;
  if (fits || STATOR_SEEDED_BUG(hint_cap_ignored)) return Status::ok();
  ++into.tally->overflowed;
  return {Code::resource_exhausted, "there is no room for more hints for " + std::string(at.hint_for)};
}

void HintStore::note(const KeyAddress& at, const HintId& id, const HintFacts& facts) {
  Target& into = target(std::string(at.hint_for));
  into.queue.note(id, facts);
  publish(into);
}

void HintStore::written(const std::string& node, const HintId& id) {
  target(node).queue.written(id);
  if (listener_) listener_(node);
}

Result<Replica::Prepared> HintStore::write(const Keyspace& keyspace, const KeyAddress& at, WriteIntent intent,
                                           std::optional<Duration> ttl, Replica::Committed done) {
  const std::uint64_t bytes = kOverhead + at.key.size() + intent.value.size();
  if (Status room = admit(keyspace, at, bytes, intent.brings_value()); !room.is_ok()) return room;
  HintId id = id_of(keyspace, at);
  Result<Replica::Prepared> prepared = parts_.replica.write(
      at, std::move(intent), ttl,
      [this, node = std::string(at.hint_for), id, done = std::move(done)](const Status& outcome) mutable {
        written(node, id);
        done(outcome);
      });
  if (prepared.is_ok())
    note(at, id, {false, kOverhead + at.key.size() + prepared->record.size(), parts_.executor.wall_millis()});
  return prepared;
}

void HintStore::read_own_ahead(const KeyAddress& at, UniqueFunction<void(const KeyAddress&)> then) {
  if (at.store.readers() == nullptr) return then(at);
  read_copies_ahead(at.store, parts_.executor, {storage_key_of(own_copy(at))},
                    [at, key = Bytes(at.key), target = std::string(at.hint_for), then = std::move(then)]() mutable {
                      then({at.store, at.partition, at.keyspace, key, target});
                    });
}

void HintStore::keep(const Keyspace& keyspace, const KeyAddress& at, Replica::Arrival arrived, Replica::Merged done) {
  const HintFacts* already = target(std::string(at.hint_for)).queue.find(id_of(keyspace, at));
  if (already == nullptr || !already->by_reference) return keep_now(keyspace, at, std::move(arrived), std::move(done));
  read_own_ahead(
      at, [this, &keyspace, arrived = std::move(arrived), done = std::move(done)](const KeyAddress& read) mutable {
        keep_now(keyspace, read, std::move(arrived), std::move(done));
      });
}

void HintStore::keep_now(const Keyspace& keyspace, const KeyAddress& at, Replica::Arrival arrived,
                         Replica::Merged done) {
  const std::uint64_t bytes = kOverhead + at.key.size() + encode_record(arrived.record).size();
  if (Status room = admit(keyspace, at, bytes, arrived.record.live()); !room.is_ok()) {
    return parts_.executor.post([room = std::move(room), done = std::move(done)]() mutable { done(std::move(room)); });
  }
  HintId id = id_of(keyspace, at);
  const HintFacts* already = target(std::string(at.hint_for)).queue.find(id);
  if (already != nullptr && already->by_reference) {
    // The reference becomes a copy: with all that it stood for.
    Result<Replica::Held> own = parts_.replica.held(own_copy(at), false);
    Result<Record> record = own.is_ok() && own->digest != 0 ? decode_record(own->record) : Result<Record>(Record());
    if (record.is_ok()) arrived.record = merge(std::move(arrived.record), std::move(*record));
  }
  note(at, id, {false, bytes, parts_.executor.wall_millis()});
  if (STATOR_SEEDED_BUG(hint_counted_before_sync)) {
    parts_.executor.post([early = std::exchange(done, [](const Result<std::uint64_t>&) {})]() mutable { early(1); });
  }
  parts_.replica.merge(
      at, std::move(arrived),
      [this, node = std::string(at.hint_for), id, done = std::move(done)](Result<std::uint64_t> digest) mutable {
        written(node, id);
        done(std::move(digest));
      });
}

void HintStore::refer(const Keyspace& keyspace, const KeyAddress& at) {
  const HintFacts* already = target(std::string(at.hint_for)).queue.find(id_of(keyspace, at));
  if (already == nullptr || already->by_reference) return refer_now(keyspace, at);
  read_own_ahead(at, [this, &keyspace](const KeyAddress& read) { refer_now(keyspace, read); });
}

void HintStore::refer_now(const Keyspace& keyspace, const KeyAddress& at) {
  HintId id = id_of(keyspace, at);
  Target& into = target(std::string(at.hint_for));
  const HintFacts* already = into.queue.find(id);
  if (already != nullptr && !already->by_reference) {
    const Stamp born = parts_.stamps.birth();
    Result<Replica::Held> own = parts_.replica.held(own_copy(at), false);
    Result<Record> record = own.is_ok() ? decode_record(own->record) : Result<Record>(own.status());
    if (record.is_ok()) keep(keyspace, at, {std::move(*record), born}, [](const Result<std::uint64_t>&) {});
    return;
  }
  const HintFacts facts{true, kOverhead + at.key.size(), parts_.executor.wall_millis()};
  if (already == nullptr && !admit(keyspace, at, facts.bytes, false).is_ok()) return;
  into.queue.note(id, facts);
  publish(into);
  // It says nothing that is signed or acknowledged, so its failure leaves no mark in doubt: the storage's next writer
  // meets the same disk.
  at.store.committer().commit(parts_.executor,
                              {key_of(at), encode_hint_reference(facts.since_ms),
                               [this, node = std::string(at.hint_for), id](const Status&) { written(node, id); }});
}

bool HintStore::delivered(const KeyAddress& at, const HintId& id, const HintQueue::Due& due) {
  Target& from = target(std::string(at.hint_for));
  const bool gone = from.queue.delivered(id, due.generation);
  if (gone) remove(at, due);
  publish(from);
  return gone;
}

void HintStore::drop(const KeyAddress& at, const HintQueue::Due& due) {
  Target& from = target(std::string(at.hint_for));
  from.queue.drop(due.id);
  remove(at, due);
  publish(from);
}

void HintStore::give_up(const Keyspace& keyspace, Stamp until) {
  for (auto& [node, hints] : targets_) {
    for (const HintQueue::Due& due : hints.queue.older_than(keyspace.rules.name, until.millis() + 1)) {
      ++hints.tally->dropped;
      ++hints.tally->given_up;
      drop({*keyspace.store, due.id.partition, keyspace.id, due.id.key, node}, due);
    }
  }
}

// What could not be removed from disk is in the queue again: a hint that nobody here knows of would be found by the
// next start, and delivered when its key may long be collected.
void HintStore::remove(const KeyAddress& at, const HintQueue::Due& due) {
  ++leaving_[at.partition];
  auto gone = [this, target = std::string(at.hint_for), id = due.id, facts = due.facts](const Status& outcome) {
    if (--leaving_[id.partition] == 0) leaving_.erase(id.partition);
    Target& from = this->target(target);
    if (outcome.is_ok() || from.queue.find(id) != nullptr) return;
    from.queue.found(id, facts);
    from.queue.failed(id, parts_.executor.now() + kRemovalRest);
    publish(from);
    if (listener_) listener_(target);
  };
  if (!due.facts.by_reference) return parts_.replica.remove(at, std::move(gone));
  at.store.committer().commit(parts_.executor, {key_of(at), {}, std::move(gone), true});
}

bool HintStore::any_for(Partition partition) const {
  return leaving_.contains(partition) || std::any_of(targets_.begin(), targets_.end(), [partition](const auto& entry) {
           return entry.second.queue.any_for(partition);
         });
}

std::vector<std::string> HintStore::targets_of(const HintId& id) const {
  std::vector<std::string> nodes;
  for (const auto& [node, target] : targets_) {
    if (target.queue.find(id) != nullptr) nodes.push_back(node);
  }
  return nodes;
}

std::size_t HintStore::count() const {
  std::size_t sum = 0;
  for (const auto& [node, target] : targets_) sum += target.queue.size();
  return sum;
}

Result<Replica::Held> held_in_hints(const Replica& replica, KeyAddress at, const std::vector<std::string>& targets,
                                    bool digest_only) {
  std::optional<Record> merged;
  for (const std::string& target : targets) {
    at.hint_for = target;
    Result<Replica::Held> held = replica.held(at, false);
    if (!held.is_ok()) return held;
    if (held->digest == 0) continue;
    Result<Record> record = decode_record(held->record);
    if (!record.is_ok()) return record.status();
    merged = merged ? merge(std::move(*merged), std::move(*record)) : std::move(*record);
  }
  if (!merged) return Replica::Held{};
  Bytes encoded = encode_record(*merged);
  const std::uint64_t digest = record_digest(encoded);
  return Replica::Held{digest, digest_only ? Bytes() : std::move(encoded)};
}

}  // namespace stator
