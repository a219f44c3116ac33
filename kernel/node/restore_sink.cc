#include "kernel/node/restore_sink.h"

#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/node/store_meta.h"

namespace stator {
namespace {

constexpr std::chrono::seconds kPatience{10};

Page json(const std::string& text) { return {"application/json", text + "\n"}; }

Status outcome_of(const Result<Frame>& reply) {
  if (!reply.is_ok()) return reply.status();
  const Result<PeerReplyMessage> message = decode_peer_reply(**reply);
  if (!message.is_ok()) return message.status();
  return message->failure ? message->failure->status : Status::ok();
}

}  // namespace

// One batch until all its copies are durable, or known not to be. On its home loop. Shared by what it waits for.
struct RestoreSink::Batch {
  Executor& home;
  Done done;
  Stamp born;
  TimePoint deadline;
  std::size_t entries = 0;
  std::size_t waiting = 1;
  Status failure;

  void one_less(const Status& outcome) {
    if (!outcome.is_ok() && failure.is_ok()) failure = outcome;
    if (--waiting > 0) return;
    if (!failure.is_ok()) return done(failure);
    done(json("{\"merged\":" + std::to_string(entries) + "}"));
  }
};

std::string RestoreSink::current() const {
  std::lock_guard lock(mutex_);
  return backup_;
}

void RestoreSink::set_current(const std::string& backup) {
  std::lock_guard lock(mutex_);
  backup_ = backup;
}

Status RestoreSink::open() {
  for (const auto& store : node_.stores()) {
    const Result<std::optional<Bytes>> noted = store->storage().get(restoring_key());
    if (!noted.is_ok()) return noted.status();
    if (*noted) backup_ = **noted;
  }
  return Status::ok();
}

// Records, hints and cuts alike: a cut tells of a key that was here.
Status RestoreSink::check_empty() const {
  for (const auto& store : node_.stores()) {
    bool empty = true;
    const Status scanned =
        store->storage().scan(Bytes(1, '\1'), {}, [&](BytesView, BytesView) { return empty = false; });
    if (!scanned.is_ok()) return scanned;
    if (!empty)
      return {Code::failed_precondition, node_.identity().node + " is not empty: storage " + store->name() +
                                             " holds something. What was deleted here, and its tombstone collected, "
                                             "would come back: restore into a cluster that holds nothing"};
  }
  return Status::ok();
}

Status RestoreSink::check_begin(const std::string& backup) const {
  const std::string other = current();
  if (other == backup) return Status::ok();
  if (!other.empty())
    return {Code::failed_precondition, node_.identity().node + " is being filled from backup " + other +
                                           ": finish that with the same command, or give it up with --abandon"};
  return check_empty();
}

void RestoreSink::begin(const std::string& backup, bool check_only, Executor& home, Done done) {
  background_.run([this, backup, check_only, &home, done = std::move(done)]() mutable {
    const bool going_on = current() == backup;
    Status fit = check_begin(backup);
    home.post([this, backup, check_only, going_on, fit = std::move(fit), &home, done = std::move(done)]() mutable {
      if (!fit.is_ok()) return done(fit);
      if (check_only) return done(json(going_on ? "{\"continues\":true}" : "{\"continues\":false}"));
      note(backup, home, std::move(done));
    });
  });
}

// An empty one takes the note away.
void RestoreSink::note(const std::string& backup, Executor& home, Done done) {
  if (!backup.empty()) set_current(backup);
  Done noted = [this, backup, done = std::move(done)](Outcome<Page> outcome) mutable {
    if (outcome.is_ok()) set_current(backup);
    done(std::move(outcome));
  };
  // shared: by the stores' commits
  auto batch = std::make_shared<Batch>(Batch{home, std::move(noted), {}, {}, 0, 1, {}});
  for (const auto& store : node_.stores()) {
    if (!backup.empty()) store->set_restoring(true);
    ++batch->waiting;
    store->committer().commit(home, {restoring_key(), backup,
                                     [&store = *store, batch, begun = !backup.empty()](const Status& outcome) {
                                       store.note(outcome);
                                       if (outcome.is_ok()) store.set_restoring(begun);
                                       batch->one_less(outcome);
                                     },
                                     backup.empty()});
  }
  batch->one_less({});
}

void RestoreSink::end(const std::string& backup, Executor& home, Done done) {
  const std::string noted = current();
  if (noted.empty()) return home.post([done = std::move(done)]() mutable { done(json("{\"merged\":0}")); });
  if (noted == backup) return note({}, home, std::move(done));
  home.post([noted, done = std::move(done)]() mutable {
    done(Status(Code::failed_precondition, "another backup is being put back: " + noted));
  });
}

void RestoreSink::put(RestoreBatch batch, Executor& home, Done done) {
  if (batch.backup.empty() || batch.backup != current()) {
    const std::string why = node_.identity().node + " is not being filled from backup " + batch.backup;
    return home.post([why, done = std::move(done)]() mutable { done(Status(Code::failed_precondition, why)); });
  }
  // shared: by all the copies it waits for. What it brings is current for as long as nothing is collected.
  auto shared = std::make_shared<Batch>(
      Batch{home, std::move(done), node_.stamps().birth(), home.now() + kPatience, batch.entries.size(), 2, {}});
  for (const RestoreBatch::Entry& entry : batch.entries) {
    if (Status placed = place(entry, shared); !placed.is_ok()) shared->failure = placed;
  }
  shared->one_less({});
  home.post([shared] { shared->one_less({}); });  // never inside this call
}

Status RestoreSink::place(const RestoreBatch::Entry& entry, const std::shared_ptr<Batch>& batch) {
  Keyspace* keyspace = node_.keyspace(entry.keyspace);
  if (keyspace == nullptr) return {Code::not_found, "there is no keyspace \"" + entry.keyspace + "\" here"};
  if (Result<Record> record = decode_record(entry.record); !record.is_ok()) return record.status();
  const Partition partition = node_.partition_of_key(*keyspace, entry.key);
  const TimePoint now = batch->home.now();
  const std::shared_ptr<const Placement> placement = keyspace->current_placement();
  Frame frame;
  for (const std::string& holder : placement->holders(partition)) {
    ++batch->waiting;
    if (holder == node_.identity().node) {
      merge_here(*keyspace, partition, entry, batch);
      continue;
    }
    if (frame == nullptr)
      frame = encode_replicate(entry.keyspace, entry.key, entry.record, false, {batch->deadline, {}, batch->born}, now);
    node_.links_here().call(holder, {"restore", frame, batch->deadline},
                            [batch](const Result<Frame>& reply) { batch->one_less(outcome_of(reply)); });
  }
  return Status::ok();
}

void RestoreSink::merge_here(Keyspace& keyspace, Partition partition, const RestoreBatch::Entry& entry,
                             const std::shared_ptr<Batch>& batch) {
  Shard& owner = node_.shard_of(partition);
  run_on(owner.executor, [&owner, &keyspace, partition, key = entry.key, record = entry.record, batch]() mutable {
    const KeyAddress at{*keyspace.store, partition, keyspace.id, key};
    owner.replica.merge(at, {*decode_record(record), batch->born}, [batch](const Result<std::uint64_t>& merged) {
      Executor& home = batch->home;
      run_on(home, [batch, outcome = merged.is_ok() ? Status() : merged.status()] { batch->one_less(outcome); });
    });
  });
}

}  // namespace stator
