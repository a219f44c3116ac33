#include "kernel/replica/replica.h"

#include <absl/container/flat_hash_map.h>

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

Stamp newest_epoch(const Context& context) {
  Stamp newest;
  for (const Context::Entry& entry : context.entries()) newest = std::max(newest, entry.actor.epoch);
  return newest;
}

Stamp newest_stamp(const Record& record) {
  Stamp newest = newest_epoch(record.context);
  for (const Version& version : record.versions) newest = std::max(newest, version.stamp);
  return newest;
}

Stamp expiry(Stamp written, Duration ttl) {
  return {written.bits +
          (static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(ttl).count()) << 16)};
}

}  // namespace

struct Replica::Pending {
  Copy latest;
  std::uint64_t durable = 0;  // digest of the copy before all that are in flight
  std::size_t in_flight = 0;
};

// Of several storage instances; the same bytes may be a key in each.
struct Replica::PendingTable {
  using Key = std::pair<const Store*, Bytes>;
  absl::flat_hash_map<Key, Pending> entries;
};

Replica::Replica(std::string node, Executor& executor, Stamps& stamps, ReplicaCounters& counters)
    : node_(std::move(node)),
      executor_(executor),
      stamps_(stamps),
      counters_(counters),
      pending_(std::make_unique<PendingTable>()),
      ahead_(executor) {}

Replica::~Replica() = default;

std::size_t Replica::pending() const { return pending_->entries.size(); }

bool Replica::in_flight(const KeyAddress& at) const {
  return pending_->entries.contains(PendingTable::Key(&at.store, storage_key_of(at)));
}

std::map<Bytes, std::uint64_t, std::less<>> Replica::in_flight(const CopyRange& range) const {
  std::map<Bytes, std::uint64_t, std::less<>> keys;
  for (const auto& [where, waiting] : pending_->entries) {
    const std::optional<DataKey> at = where.first == &range.store ? parse_data_key(where.second) : std::nullopt;
    if (at && at->partition == range.partition && at->keyspace == range.keyspace)
      keys.emplace(at->key, waiting.durable);
  }
  return keys;
}

Result<Replica::Loaded> Replica::load(const KeyAddress& at, const Bytes& storage_key) const {
  if (!pending_->entries.empty() && !STATOR_SEEDED_BUG(pending_ignored)) {
    auto waiting = pending_->entries.find(PendingTable::Key(&at.store, storage_key));
    if (waiting != pending_->entries.end()) return Loaded{waiting->second.latest};
  }
  const ReadAhead::Stored* ahead = ahead_.at_hand(at.store, storage_key);
  const Result<std::optional<Bytes>> stored = ahead != nullptr ? *ahead : at.store.storage().get(storage_key);
  if (stored.status().code() == Code::data_loss) ++counters_.unreadable;
  if (!stored.is_ok()) return stored.status();
  if (!*stored || (!at.hint_for.empty() && is_hint_reference(**stored))) return absent(at);
  Result<Copy> copy = decode_copy(**stored);
  if (!copy.is_ok()) return copy.status();
  return Loaded{std::move(*copy), copy_digest(**stored)};
}

// A copy that may be of a collected key is merged with nothing until others have vouched for it.
Status Replica::check_suspicion(const KeyAddress& at, const Loaded& local) const {
  if (!at.store.forgot() || !at.hint_for.empty() || !suspects_ || local.copy.record.context.empty()) return {};
  if (!suspects_(at, newest_stamp(local.copy.record))) return {};
  return {Code::unavailable, node_ + " has an old copy of its disk and is finding out what of it still holds"};
}

// What was collected is known as seen: the next write goes on from there.
Replica::Loaded Replica::absent(const KeyAddress& at) const {
  Loaded loaded;
  if (collected_.size() > 0) loaded.copy.record.context = collected_.context(CollectedKeys::name(at));
  return loaded;
}

// An empty encoding takes the key away; no copy's is empty.
void Replica::commit(const KeyAddress& at, Storing storing, Committed done) {
  Pending& waiting = pending_->entries[PendingTable::Key(&at.store, storing.key)];
  if (waiting.in_flight == 0) waiting.durable = storing.replaced;
  waiting.latest = std::move(storing.copy);
  ++waiting.in_flight;
  const std::uint64_t digest = storing.encoded.empty() ? 0 : copy_digest(storing.encoded);
  Store* store = &at.store;
  if (STATOR_SEEDED_BUG(acknowledged_before_sync)) {
    executor_.post([done = std::move(done)]() mutable { done(Status::ok()); });
    done = [](const Status&) {};
  }
  Bytes settled_key = storing.key;
  const bool remove = storing.encoded.empty();
  if (!remove && !at.hint_for.empty()) ++stand_ins_;
  const std::uint64_t size = storing.key.size() + storing.encoded.size();
  at.store.backlog().add(size);
  at.store.committer().commit(executor_, {std::move(storing.key), std::move(storing.encoded),
                                          [this, store, key = std::move(settled_key), digest, size,
                                           done = std::move(done)](const Status& outcome) mutable {
                                            store->backlog().done(size);
                                            settle(*store, key, digest, outcome);
                                            done(STATOR_SEEDED_BUG(failed_sync_taken_for_done) ? Status() : outcome);
                                          },
                                          remove});
}

void Replica::settle(Store& store, const Bytes& storage_key, std::uint64_t digest, const Status& outcome) {
  auto waiting = pending_->entries.find(PendingTable::Key(&store, storage_key));
  STATOR_INVARIANT(waiting != pending_->entries.end(), "a commit in flight has its entry");
  const std::uint64_t before = waiting->second.durable;
  if (outcome.is_ok()) waiting->second.durable = digest;
  ahead_.changed(waiting->first);
  if (--waiting->second.in_flight == 0) pending_->entries.erase(waiting);
  store.note(outcome);
  const std::optional<DataKey> primary = observer_ != nullptr ? parse_data_key(storage_key) : std::nullopt;
  if (primary) {
    const KeyAddress at{store, primary->partition, primary->keyspace, primary->key};
    outcome.is_ok() ? observer_->settled(at, before, digest) : observer_->unsettled(at);
  }
  if (outcome.is_ok() || STATOR_SEEDED_BUG(marks_kept_after_failed_sync)) return;
  // What was signed may live elsewhere and not here, exactly as after a power cut: count on under new epochs only.
  store.withdraw_marks();
}

void Replica::count(const MergeReport& report) {
  if (report.dropped > 0) counters_.versions_dropped += report.dropped;
  if (report.corrupt) ++counters_.corrupt_dots;
}

Result<bool> Replica::covers(const KeyAddress& at, const Context& context) const {
  const Result<Loaded> local = load(at, storage_key_of(at));
  if (!local.is_ok()) return local.status();
  return local->copy.record.context.covers(context);
}

Result<Replica::Prepared> Replica::write(const KeyAddress& at, WriteIntent intent, std::optional<Duration> ttl,
                                         Committed done) {
  if (Status room = at.store.admit(intent.brings_value()); !room.is_ok()) return room;
  Bytes storage_key = storage_key_of(at);
  Result<Loaded> local = load(at, storage_key);
  if (!local.is_ok()) return local.status();
  if (Status trusted = check_suspicion(at, *local); !trusted.is_ok()) return trusted;
  // The write's stamp is above every epoch its client has seen. What is too far ahead was refused before.
  if (intent.observed) stamps_.observe(newest_epoch(*intent.observed));
  const std::optional<Stamp> stamp = stamps_.next();
  if (!stamp) return Status(Code::unavailable, node_ + " cannot sign writes: its clock's limit is not on disk");
  if (ttl) intent.expires = expiry(*stamp, *ttl);

  const bool apart = intent.apart;
  const bool operation = intent.operation != nullptr;
  Result<WriteEffect> effect = apply_write(apart ? Copy() : std::move(local->copy), std::move(intent),
                                           {node_, at.store.incarnation_for(*stamp), *stamp, stamps_.epoch_of(*stamp)});
  if (!effect.is_ok()) return effect.status();
  if (operation && effect->brings_value) {
    if (Status room = at.store.admit(true); !room.is_ok()) return room;
  }
  Bytes encoded = encode_copy(effect->copy);
  Prepared prepared{Bytes(record_bytes(encoded)),
                    effect->copy.record.context,
                    std::move(effect->dot),
                    *stamp,
                    *stamp,
                    effect->repeated};
  if (const Version* version = effect->copy.record.find(prepared.dot)) {
    prepared.stamp = version->stamp;
    if (STATOR_SEEDED_BUG(context_without_versions))
      prepared.record = encode_record({effect->copy.record.context, {*version}, {}});
  }
  // Of an operation's client nothing is hidden: what it has not read is joined with what it wrote.
  const bool unread = effect->copy.record.versions.size() > 1 || prepared.repeated;
  if (unread && !operation && !STATOR_SEEDED_BUG(answer_covers_unseen)) {
    prepared.seen = context_after_write(effect->copy.record, prepared.dot);
  }
  if (apart) {
    ++counters_.apart;
    effect->copy = {absorb(std::move(local->copy), std::move(effect->copy.record), node_).record, effect->copy.mark};
    encoded = encode_copy(effect->copy);
  }
  // A repeated write is stored again: only so is it certain to be durable when the first try has failed half way.
  commit(at, {std::move(storage_key), std::move(effect->copy), std::move(encoded), local->durable}, std::move(done));
  return prepared;
}

void Replica::prepare(const KeyAddress& at, ReadAhead::Then then) {
  if (at.store.readers() == nullptr) return then(at);
  Bytes storage_key = storage_key_of(at);
  const ReadAhead::Key key(&at.store, storage_key);
  // What is on its way is in memory, unless others wait for the key: those come first.
  if (pending_->entries.contains(key) && !ahead_.reading(key)) return then(at);
  ahead_.read(at, std::move(storage_key), std::move(then));
}

void Replica::merge(const KeyAddress& at, Arrival arrived, Merged done) {
  if (at.store.readers() == nullptr) return merge_now(at, std::move(arrived), std::move(done));
  prepare(at, [this, arrived = std::move(arrived), done = std::move(done)](const KeyAddress& read) mutable {
    merge_now(read, std::move(arrived), std::move(done));
  });
}

void Replica::remove(const KeyAddress& at, Committed done) {
  if (at.store.readers() == nullptr) return remove_now(at, std::move(done));
  prepare(at, [this, done = std::move(done)](const KeyAddress& read) mutable { remove_now(read, std::move(done)); });
}

void Replica::collect(const KeyAddress& at, std::uint64_t digest, Committed done) {
  if (at.store.readers() == nullptr) return collect_now(at, digest, std::move(done));
  prepare(at, [this, digest, done = std::move(done)](const KeyAddress& read) mutable {
    collect_now(read, digest, std::move(done));
  });
}

void Replica::merge_now(const KeyAddress& at, Arrival arrived, Merged done) {
  const auto refuse = [&](Status why) {
    executor_.post([why = std::move(why), done = std::move(done)]() mutable { done(std::move(why)); });
  };
  if (!stamps_.observe(std::max(newest_stamp(arrived.record), arrived.born)) &&
      !STATOR_SEEDED_BUG(far_future_believed)) {
    ++counters_.stamps_refused;
    return refuse({Code::invalid_argument, node_ + " refuses a record stamped too far in the future"});
  }
  Bytes storage_key = storage_key_of(at);
  Result<Loaded> local = load(at, storage_key);
  if (!local.is_ok()) return refuse(local.status());
  if (Status trusted = check_suspicion(at, *local); !trusted.is_ok()) return refuse(std::move(trusted));
  if (arrived.born <= at.store.barrier() && !STATOR_SEEDED_BUG(barrier_forgotten)) {
    ++counters_.behind_barrier;
    return refuse({Code::failed_precondition, node_ + " has lost its disk since that record was read"});
  }

  const bool in_flight = pending_->entries.contains(PendingTable::Key(&at.store, storage_key));
  const bool was_here = !local->copy.record.context.empty();
  const Bytes before = was_here && !in_flight ? encode_copy(local->copy) : Bytes();
  const bool absent = local->copy.record.versions.empty();
  // Its age was judged when it came; where reads block it may have waited since.
  if (absent && collected_.outlived_all(arrived.born) && !STATOR_SEEDED_BUG(message_life_not_enforced))
    return refuse({Code::deadline_exceeded, node_ + " refuses a record that was read too long ago"});
  if (absent && collected_.size() > 0 && collected_.refuses(CollectedKeys::name(at), arrived.born))
    return refuse({Code::failed_precondition, node_ + " has collected the key since that record was read"});
  if (STATOR_SEEDED_BUG(expiry_from_arrival)) {
    for (Version& version : arrived.record.versions) {
      if (version.expires) version.expires->bits += stamps_.now().bits - version.stamp.bits;
    }
  }
  const bool growing = brings_value(local->copy.record, arrived.record);
  MergeReport report;
  Copy merged = absorb(std::move(local->copy), std::move(arrived.record), node_, &report);
  count(report);
  Bytes encoded = encode_copy(merged);
  const std::uint64_t digest = record_digest(record_bytes(encoded));
  // Of a key that was collected here nothing came but what its tombstone had replaced, or the tombstone itself.
  const bool nothing_new = absent && merged.record.versions.empty();
  if (nothing_new || (was_here && !in_flight && encoded == before)) {
    executor_.post([digest, done = std::move(done)]() mutable { done(digest); });
    return;
  }
  Status room = at.store.admit(growing);
  if (!room.is_ok() && !STATOR_SEEDED_BUG(full_replica_takes_values)) return refuse(std::move(room));
  commit(at, {std::move(storage_key), std::move(merged), std::move(encoded), local->durable},
         [digest, done = std::move(done)](const Status& outcome) mutable {
           done(outcome.is_ok() ? Result<std::uint64_t>(digest) : Result<std::uint64_t>(outcome));
         });
}

void Replica::remove_now(const KeyAddress& at, Committed done) {
  Storing nothing{storage_key_of(at), {}, {}};
  Result<Loaded> local = load(at, nothing.key);
  if (local.is_ok()) nothing.replaced = local->durable;
  if (STATOR_SEEDED_BUG(hint_mark_outlives_handoff)) {
    if (local.is_ok()) nothing.copy.mark = local->copy.mark;
    nothing.encoded = encode_copy(nothing.copy);
  }
  commit(at, std::move(nothing), std::move(done));
}

void Replica::collect_now(const KeyAddress& at, std::uint64_t digest, Committed done) {
  const auto refuse = [&](Status why) {
    executor_.post([why = std::move(why), done = std::move(done)]() mutable { done(why); });
  };
  Bytes storage_key = storage_key_of(at);
  Result<Loaded> local = load(at, storage_key);
  if (!local.is_ok()) return refuse(local.status());
  const bool unchanged =
      !local->copy.record.versions.empty() && record_digest(encode_record(local->copy.record)) == digest;
  if (!unchanged && !STATOR_SEEDED_BUG(write_does_not_cancel_collection))
    return refuse({Code::failed_precondition, node_ + " holds another record by now"});
  collected_.removed(CollectedKeys::name(at), digest, local->copy.record.context);
  Copy gone;
  gone.record.context = std::move(local->copy.record.context);
  commit(at, {std::move(storage_key), std::move(gone), Bytes(), local->durable}, std::move(done));
}

Result<Replica::Held> Replica::held(const KeyAddress& at, bool digest_only) const {
  Result<std::optional<Bytes>> stored = at.store.storage().get(storage_key_of(at));
  if (stored.status().code() == Code::data_loss) ++counters_.unreadable;
  if (!stored.is_ok()) return stored.status();
  if (!*stored || (!at.hint_for.empty() && is_hint_reference(**stored))) return Held{};
  const BytesView record = record_bytes(**stored);
  if (record.empty()) return Status(Code::data_loss, "a stored copy is too short to be one");
  Held held{record_digest(record), {}};
  if (!digest_only) held.record = record;
  return held;
}

Result<Replica::Held> Replica::collected_since(const KeyAddress& at, Stamp born) const {
  const CollectedKeys::Name name = CollectedKeys::name(at);
  if (!collected_.refuses(name, born)) return Held{};
  Record gone;
  gone.context = collected_.context(name);
  if (gone.context.empty()) return Status(Code::unavailable, node_ + " has collected the key since that read began");
  Bytes encoded = encode_record(gone);
  return Held{record_digest(encoded), std::move(encoded)};
}

}  // namespace stator
