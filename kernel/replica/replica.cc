#include "kernel/replica/replica.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/operation.h"
#include "kernel/causality/record_codec.h"
#include "kernel/causality/signing.h"
#include "kernel/replica/hint_reference.h"
#include "kernel/replica/keys_ahead.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

// A delta may have been sent for nothing, and spreads less of what others may lack: it is used where it is so many
// times smaller than the record.
constexpr std::size_t kDeltaWorth = 2;

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

std::uint64_t digest_of(const LocalCopy& local) {
  return local.head() != nullptr ? local.head()->digest() : record_digest(local.rest().record);
}

// All that lies there, gone: rows that cannot be decoded, or that no head knows of, too. What cannot be read must not
// be left behind unseen: the next head under the key would not fit it.
Result<RowChanges> rows_gone(Storage& storage, RowReader rows) {
  const Bytes prefix = rows.prefix();
  RowChanges gone;
  for (const Version& version : rows.all()) gone.emplace(row_key(prefix, version), std::nullopt);
  const Status scanned = storage.scan(
      prefix, prefix_end(prefix), [&gone](BytesView key, BytesView) { return gone.emplace(key, std::nullopt), true; });
  return scanned.is_ok() ? Result<RowChanges>(std::move(gone)) : scanned;
}

Stamp expiry(Stamp written, Duration ttl) {
  return {written.bits +
          (static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(ttl).count()) << 16)};
}

}  // namespace

struct Replica::Absorbed {
  Storing storing;
  bool growing = false;    // by a value
  bool unchanged = false;  // what is stored is that already
  bool has_versions = true;
};

Replica::Replica(std::string node, Executor& executor, Stamps& stamps, ReplicaCounters& counters)
    : node_(std::move(node)), executor_(executor), stamps_(stamps), counters_(counters), ahead_(executor) {}

bool Replica::in_flight(const KeyAddress& at) const {
  return copies_.in_flight(LocalCopies::Key(&at.store, storage_key_of(at)));
}

Result<LocalCopy> Replica::load(const KeyAddress& at, const Bytes& storage_key) const {
  Result<std::optional<LocalCopy>> local = copies_.find(at, storage_key);
  if (local.status().code() == Code::data_loss) ++counters_.unreadable;
  if (!local.is_ok()) return local.status();
  return *local ? **std::move(local) : absent(at);
}

// A copy that may be of a collected key is merged with nothing until others have vouched for it.
Status Replica::check_suspicion(const KeyAddress& at, const LocalCopy& local) const {
  if (!at.store.forgot() || !at.hint_for.empty() || !suspects_ || local.context().empty()) return {};
  if (!suspects_(at, local.newest())) return {};
  return {Code::unavailable, node_ + " has an old copy of its disk and is finding out what of it still holds"};
}

// What was collected is known as seen: the next write goes on from there.
LocalCopy Replica::absent(const KeyAddress& at) const {
  Copy copy;
  if (collected_.size() > 0) copy.record.context = collected_.context(CollectedKeys::name(at));
  return {std::move(copy)};
}

void Replica::commit(const KeyAddress& at, Storing storing, Committed done) {
  Store* store = &at.store;
  const LocalCopies::Begun begun = copies_.begin(at, storing);
  if (STATOR_SEEDED_BUG(acknowledged_before_sync)) {
    executor_.post([done = std::move(done)]() mutable { done(Status::ok()); });
    done = [](const Status&) {};
  }
  Bytes settled_key = storing.key;
  const bool remove = storing.encoded.empty();
  if (!remove && !at.hint_for.empty()) ++stand_ins_;
  std::uint64_t size = storing.key.size() + storing.encoded.size();
  for (const auto& [key, row] : storing.rows) size += key.size() + (row ? row->size() : 0);
  at.store.backlog().add(size);
  Commit commit{
      std::move(storing.key),
      std::move(storing.encoded),
      [this, store, key = std::move(settled_key), begun, size, done = std::move(done)](const Status& outcome) mutable {
        store->backlog().done(size);
        settle(*store, key, begun, outcome);
        done(STATOR_SEEDED_BUG(failed_sync_taken_for_done) ? Status() : outcome);
      },
      remove,
      std::move(storing.rows),
      begun.chain};
  at.store.committer().commit(executor_, std::move(commit));
}

void Replica::settle(Store& store, const Bytes& storage_key, const LocalCopies::Begun& commit, const Status& outcome) {
  const std::uint64_t before = copies_.end(store, storage_key, commit, outcome.is_ok());
  ahead_.changed(ReadAhead::Key(&store, storage_key));
  store.note(outcome);
  const std::optional<DataKey> primary = observer_ != nullptr ? parse_data_key(storage_key) : std::nullopt;
  if (primary) {
    const KeyAddress at{store, primary->partition, primary->keyspace, primary->key};
    outcome.is_ok() ? observer_->settled(at, before, commit.digest) : observer_->unsettled(at);
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
  const Result<LocalCopy> local = load(at, storage_key_of(at));
  if (!local.is_ok()) return local.status();
  return local->context().covers(context);
}

Result<Replica::Prepared> Replica::write(const KeyAddress& at, WriteIntent intent, std::optional<Duration> ttl,
                                         Committed done) {
  if (Status room = at.store.admit(intent.brings_value()); !room.is_ok()) return room;
  Bytes storage_key = storage_key_of(at);
  Result<LocalCopy> local = load(at, storage_key);
  if (!local.is_ok()) return local.status();
  if (Status trusted = check_suspicion(at, *local); !trusted.is_ok()) return trusted;
  // The write's stamp is above every epoch its client has seen. What is too far ahead was refused before.
  if (intent.observed) stamps_.observe(newest_epoch(*intent.observed));
  const std::optional<Stamp> stamp = stamps_.next();
  if (!stamp) return Status(Code::unavailable, node_ + " cannot sign writes: its clock's limit is not on disk");
  if (ttl) intent.expires = expiry(*stamp, *ttl);
  const Signer signer{node_, at.store.incarnation_for(*stamp), *stamp, stamps_.epoch_of(*stamp)};
  Result<std::optional<Prepared>> in_rows = write_rows(at, storage_key, *local, intent, signer, done);
  if (!in_rows.is_ok()) return in_rows.status();
  if (*in_rows) return **std::move(in_rows);

  const bool apart = intent.apart;
  const bool operation = intent.operation != nullptr;
  Result<WholeCopy> before = read_whole(at, storage_key, std::move(*local));
  if (!before.is_ok()) return before.status();
  Result<WriteEffect> effect = apply_write(apart ? Copy() : std::move(before->copy), std::move(intent), signer);
  if (!effect.is_ok()) return effect.status();
  if (operation && effect->brings_value) {
    if (Status room = at.store.admit(true); !room.is_ok()) return room;
  }
  Prepared prepared{Bytes(),
                    effect->delta ? encode_delta(*effect->delta) : Bytes(),
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
  // What is shipped is what is stored, but where that is a head, or more than what is shipped.
  const bool differs = apart || is_large(at, effect->copy);
  if (differs && prepared.record.empty()) prepared.record = encode_record(effect->copy.record);
  if (apart) {
    ++counters_.apart;
    effect->copy = {absorb(std::move(before->copy), std::move(effect->copy.record), node_).record, effect->copy.mark};
  }
  Storing made = storing(at, std::move(storage_key), *before, std::move(effect->copy));
  if (prepared.record.empty()) prepared.record = record_bytes(made.encoded);
  if (prepared.delta.size() > prepared.record.size() / kDeltaWorth) prepared.delta.clear();
  // A repeated write is stored again: only so is it certain to be durable when the first try has failed half way.
  commit(at, std::move(made), std::move(done));
  return prepared;
}

// An operation on a large copy, if it need not read all of it; else nothing, and nothing was done.
Result<std::optional<Replica::Prepared>> Replica::write_rows(const KeyAddress& at, const Bytes& storage_key,
                                                             const LocalCopy& local, const WriteIntent& intent,
                                                             const Signer& signer, Committed& done) {
  const Head* head = local.head();
  const bool conditional = intent.create_only || intent.if_match;
  if (head == nullptr || intent.operation == nullptr || intent.apart || conditional) return std::optional<Prepared>();
  if (head->may_have_expired(signer.stamp)) return std::optional<Prepared>();
  RowReader rows = copies_.rows(at, storage_key);
  Result<HeadEffect> effect = apply_operation(*head, rows, intent, signer);
  if (!effect.is_ok()) return effect.status();
  const Head& after = effect->change.head;
  if (after.count < kRowsFrom) return std::optional<Prepared>();
  if (effect->brings_value) {
    if (Status room = at.store.admit(true); !room.is_ok()) return room;
  }
  Prepared prepared{Bytes(),
                    effect->delta ? encode_delta(*effect->delta) : Bytes(),
                    after.rest.record.context,
                    std::move(effect->dot),
                    signer.stamp,
                    signer.stamp,
                    effect->repeated};
  if (const OpResult* earlier = effect->repeated ? find_op(after.rest.record, intent.op_id) : nullptr)
    prepared.stamp = earlier->stamp;
  commit(at, storing(at, storage_key, local.durable, std::move(effect->change)), std::move(done));
  return std::optional<Prepared>(std::move(prepared));
}

Result<WholeCopy> Replica::read_whole(const KeyAddress& at, const Bytes& storage_key, LocalCopy local) const {
  Result<WholeCopy> whole = copies_.whole(at, storage_key, std::move(local));
  if (whole.status().code() == Code::data_loss) ++counters_.unreadable;
  return whole;
}

void Replica::prepare(const KeyAddress& at, RowNeeds needs, ReadAhead::Then then) {
  if (at.store.readers() == nullptr) return then(at);
  Bytes storage_key = storage_key_of(at);
  const ReadAhead::Key key(&at.store, storage_key);
  // What is on its way is in memory, unless others wait for the key: those come first.
  if (copies_.in_memory(key) && !ahead_.reading(key)) return then(at);
  ahead_.read(at, std::move(storage_key), std::move(needs), std::move(then));
}

void Replica::whole(const KeyAddress& at, Read done) {
  prepare(at, all_rows(), [this, done = std::move(done)](const KeyAddress& read) mutable {
    const Bytes storage_key = storage_key_of(read);
    Result<LocalCopy> local = load(read, storage_key);
    if (!local.is_ok()) return done(local.status());
    const Result<WholeCopy> whole = read_whole(read, storage_key, std::move(*local));
    done(whole.is_ok() ? Result<Bytes>(encode_record(whole->copy.record)) : Result<Bytes>(whole.status()));
  });
}

void Replica::merge(const KeyAddress& at, Arrival arrived, Merged done) {
  if (at.store.readers() == nullptr) return merge_now(at, std::move(arrived), std::move(done));
  prepare(at, all_rows(), [this, arrived = std::move(arrived), done = std::move(done)](const KeyAddress& read) mutable {
    merge_now(read, std::move(arrived), std::move(done));
  });
}

void Replica::remove(const KeyAddress& at, Committed done) {
  if (at.store.readers() == nullptr) return remove_now(at, std::move(done));
  prepare(at, all_rows(),
          [this, done = std::move(done)](const KeyAddress& read) mutable { remove_now(read, std::move(done)); });
}

void Replica::collect(const KeyAddress& at, std::uint64_t digest, Committed done) {
  if (at.store.readers() == nullptr) return collect_now(at, digest, std::move(done));
  prepare(at, all_rows(), [this, digest, done = std::move(done)](const KeyAddress& read) mutable {
    collect_now(read, digest, std::move(done));
  });
}

void Replica::join(const KeyAddress& at, DeltaArrival arrived, Joined done) {
  if (at.store.readers() == nullptr) return join_now(at, std::move(arrived), std::move(done));
  RowNeeds needs = [replaced = arrived.delta.replaced](const Head&, RowReader& rows) {
    for (const Delta::Replaced& gone : replaced) (void)rows.find(gone.place, gone.dot);
  };
  prepare(at, std::move(needs),
          [this, arrived = std::move(arrived), done = std::move(done)](const KeyAddress& read) mutable {
            join_now(read, std::move(arrived), std::move(done));
          });
}

// `absorb_into` makes of the local copy what is to be stored, or nothing; then `done` gets 0.
template <typename Absorb>
void Replica::take(const KeyAddress& at, Stamp newest, Stamp born, Absorb absorb_into, Merged done) {
  const auto refuse = [&](Status why) {
    executor_.post([why = std::move(why), done = std::move(done)]() mutable { done(std::move(why)); });
  };
  const auto answer = [&](std::uint64_t digest) {
    executor_.post([digest, done = std::move(done)]() mutable { done(digest); });
  };
  if (!stamps_.observe(std::max(newest, born)) && !STATOR_SEEDED_BUG(far_future_believed)) {
    ++counters_.stamps_refused;
    return refuse({Code::invalid_argument, node_ + " refuses a record stamped too far in the future"});
  }
  const Bytes storage_key = storage_key_of(at);
  Result<LocalCopy> local = load(at, storage_key);
  if (!local.is_ok()) return refuse(local.status());
  if (Status trusted = check_suspicion(at, *local); !trusted.is_ok()) return refuse(std::move(trusted));
  if (born <= at.store.barrier() && !STATOR_SEEDED_BUG(barrier_forgotten)) {
    ++counters_.behind_barrier;
    return refuse({Code::failed_precondition, node_ + " has lost its disk since that record was read"});
  }

  const bool in_flight = this->in_flight(at);
  const bool was_here = !local->context().empty();
  const bool absent = !local->has_versions();
  // Its age was judged when it came; where reads block it may have waited since.
  if (absent && collected_.outlived_all(born) && !STATOR_SEEDED_BUG(message_life_not_enforced))
    return refuse({Code::deadline_exceeded, node_ + " refuses a record that was read too long ago"});
  if (absent && collected_.size() > 0 && collected_.refuses(CollectedKeys::name(at), born))
    return refuse({Code::failed_precondition, node_ + " has collected the key since that record was read"});
  Result<std::optional<Absorbed>> absorbed = absorb_into(storage_key, std::move(*local));
  if (!absorbed.is_ok()) return refuse(absorbed.status());
  if (!*absorbed) return answer(0);
  const std::uint64_t digest = (*absorbed)->storing.digest;
  // Of a key that was collected here nothing came but what its tombstone had replaced, or the tombstone itself.
  const bool nothing_new = absent && !(*absorbed)->has_versions;
  if (nothing_new || (was_here && !in_flight && (*absorbed)->unchanged)) return answer(digest);
  Status room = at.store.admit((*absorbed)->growing);
  if (!room.is_ok() && !STATOR_SEEDED_BUG(full_replica_takes_values)) return refuse(std::move(room));
  commit(at, std::move((*absorbed)->storing), [digest, done = std::move(done)](const Status& outcome) mutable {
    done(outcome.is_ok() ? Result<std::uint64_t>(digest) : Result<std::uint64_t>(outcome));
  });
}

// Makes of the whole local copy another one.
template <typename Change>
Result<std::optional<Replica::Absorbed>> Replica::absorb_whole(const KeyAddress& at, const Bytes& storage_key,
                                                               LocalCopy local, bool growing, Change change) {
  const Bytes stored = std::move(local.stored);
  Result<WholeCopy> before = read_whole(at, storage_key, std::move(local));
  if (!before.is_ok()) return before.status();
  MergeReport report;
  Copy after = change(std::move(before->copy), report);
  count(report);
  const bool has_versions = !after.record.versions.empty();
  Storing made = storing(at, storage_key, *before, std::move(after));
  const bool unchanged = made.encoded == stored;
  return std::optional(Absorbed{std::move(made), growing, unchanged, has_versions});
}

void Replica::merge_now(const KeyAddress& at, Arrival arrived, Merged done) {
  Record& record = arrived.record;
  const Stamp newest = newest_stamp(record);
  const auto absorb_record = [&](const Bytes& storage_key, LocalCopy local) {
    if (STATOR_SEEDED_BUG(expiry_from_arrival)) {
      for (Version& version : record.versions) {
        if (version.expires) version.expires->bits += stamps_.now().bits - version.stamp.bits;
      }
    }
    const bool growing = brings_value(local.rest().record, record);
    return absorb_whole(at, storage_key, std::move(local), growing, [&](Copy copy, MergeReport& report) {
      return absorb(std::move(copy), std::move(record), node_, &report);
    });
  };
  take(at, newest, arrived.born, absorb_record, std::move(done));
}

void Replica::join_now(const KeyAddress& at, DeltaArrival arrived, Joined done) {
  Delta& delta = arrived.delta;
  const Stamp newest = newest_stamp(delta.change);
  const auto absorb_delta = [&](const Bytes& storage_key, LocalCopy local) -> Result<std::optional<Absorbed>> {
    if (!local.has_versions() || !has_base(local.context(), delta)) return std::optional<Absorbed>();
    const bool growing = brings_value(local.rest().record, delta.change);
    Result<std::optional<Absorbed>> in_rows = join_rows(at, storage_key, local, growing, delta);
    if (!in_rows.is_ok() || *in_rows) return in_rows;
    return absorb_whole(at, storage_key, std::move(local), growing, [&](Copy copy, MergeReport& report) {
      return absorb(std::move(copy), std::move(delta), node_, &report);
    });
  };
  take(at, newest, arrived.born, absorb_delta, [done = std::move(done)](const Result<std::uint64_t>& digest) mutable {
    done(digest.is_ok() ? Result<bool>(*digest != 0) : Result<bool>(digest.status()));
  });
}

// A delta on a large copy that stays one; else nothing.
Result<std::optional<Replica::Absorbed>> Replica::join_rows(const KeyAddress& at, const Bytes& storage_key,
                                                            const LocalCopy& local, bool growing, const Delta& delta) {
  if (local.head() == nullptr) return std::optional<Absorbed>();
  RowReader rows = copies_.rows(at, storage_key);
  std::vector<Version> there;
  for (const Delta::Replaced& gone : delta.replaced) {
    std::optional<Version> version = rows.find(gone.place, gone.dot);
    if (version && !STATOR_SEEDED_BUG(delta_leaves_rows)) there.push_back(*std::move(version));
  }
  if (!rows.status().is_ok()) return rows.status();
  MergeReport report;
  report.dropped = there.size();
  HeadChange change = absorb(*local.head(), delta, std::move(there), node_);
  if (change.head.count < kRowsFrom) return std::optional<Absorbed>();
  count(report);
  const bool unchanged = change.head == *local.head();
  return std::optional(Absorbed{storing(at, storage_key, local.durable, std::move(change)), growing, unchanged, true});
}

void Replica::remove_now(const KeyAddress& at, Committed done) {
  Storing nothing{.key = storage_key_of(at)};
  Result<LocalCopy> local = load(at, nothing.key);
  if (local.is_ok()) {
    nothing.replaced = local->durable;
    if (STATOR_SEEDED_BUG(hint_mark_outlives_handoff)) {
      Copy marked;
      marked.mark = local->rest().mark;
      nothing.encoded = encode_copy(marked);
      nothing.digest = stored_digest(nothing.encoded);
      nothing.copy = std::move(marked);
    }
  }
  if (at.hint_for.empty()) {
    Result<RowChanges> rows = rows_gone(at.store.storage(), copies_.rows(at, nothing.key));
    if (!rows.is_ok()) {
      executor_.post([why = rows.status(), done = std::move(done)]() mutable { done(why); });
      return;
    }
    nothing.rows = std::move(*rows);
  }
  commit(at, std::move(nothing), std::move(done));
}

void Replica::collect_now(const KeyAddress& at, std::uint64_t digest, Committed done) {
  const auto refuse = [&](Status why) {
    executor_.post([why = std::move(why), done = std::move(done)]() mutable { done(why); });
  };
  const Bytes storage_key = storage_key_of(at);
  Result<LocalCopy> local = load(at, storage_key);
  if (!local.is_ok()) return refuse(local.status());
  const bool unchanged = local->has_versions() && digest_of(*local) == digest;
  if (!unchanged && !STATOR_SEEDED_BUG(write_does_not_cancel_collection))
    return refuse({Code::failed_precondition, node_ + " holds another record by now"});
  Result<RowChanges> rows = RowChanges();
  if (local->head() != nullptr) rows = rows_gone(at.store.storage(), copies_.rows(at, storage_key));
  if (!rows.is_ok()) return refuse(rows.status());
  Copy gone;
  gone.record.context = local->context();
  collected_.removed(CollectedKeys::name(at), digest, gone.record.context);
  commit(at, {.key = storage_key, .copy = std::move(gone), .replaced = local->durable, .rows = std::move(*rows)},
         std::move(done));
}

Result<Replica::Held> Replica::held(const KeyAddress& at, bool digest_only) const {
  const Bytes storage_key = storage_key_of(at);
  Storage& storage = at.store.storage();
  Result<std::optional<Bytes>> stored = storage.get(storage_key);
  if (stored.status().code() == Code::data_loss) ++counters_.unreadable;
  if (!stored.is_ok()) return stored.status();
  if (!*stored || (!at.hint_for.empty() && is_hint_reference(**stored))) return Held{};
  if (is_head(**stored)) return held_rows(at, storage_key, **stored, digest_only);
  const BytesView record = record_bytes(**stored);
  if (record.empty()) return Status(Code::data_loss, "a stored copy is too short to be one");
  Held held{record_digest(record), {}};
  if (!digest_only) held.record = record;
  return held;
}

Result<Replica::Held> Replica::held_rows(const KeyAddress& at, const Bytes& storage_key, BytesView head,
                                         bool digest_only) const {
  if (digest_only) {
    const Result<Head> known = decode_head(head);
    return known.is_ok() ? Result<Held>(Held{known->digest(), {}}) : known.status();
  }
  std::uint64_t digest = 0;
  const Result<std::optional<Copy>> copy = read_copy(at.store.storage(), at.store.row_log(), storage_key, &digest);
  if (copy.status().code() == Code::data_loss) ++counters_.unreadable;
  if (!copy.is_ok()) return copy.status();
  return *copy ? Held{digest, encode_record((*copy)->record)} : Held{};
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
