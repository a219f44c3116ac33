#include "kernel/healing/collection_member.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"
#include "kernel/healing/collection_rules.h"
#include "kernel/replica/keys_ahead.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

// note := name:word …; where it lies says the rest, see storage_keys.h
Bytes encode_names(const CollectedNames& names) {
  Bytes out;
  ByteWriter writer(out);
  for (CollectedKeys::Name name : names) writer.word(name);
  return out;
}

}  // namespace

struct CollectionMember::Asked {
  const Keyspace& keyspace;
  CollectRequest request;
  CollectionVotes::Round round;
  bool holder = false;

  KeyAddress at(const CollectKey& key) const { return {*keyspace.store, request.partition, keyspace.id, key.key}; }
};

// The answer to a commit, gathered until the last removal is durable. Shared by them.
struct CollectionMember::Removal {
  CollectReply reply;
  Done done;
  std::size_t waiting = 1;

  void one_less() {
    if (--waiting == 0) done(std::move(reply));
  }
};

void CollectionMember::found(Store& store, const CutKey& cut, const CollectedNames& names) {
  for (CollectedKeys::Name name : names) parts_.replica.collected().guard(name, cut.cut);
  notes_.push_back({cut.cut, &store, cut_key(cut)});
}

Status recover_cuts(Store& store, const std::function<void(const CutKey&, const CollectedNames&)>& found) {
  return store.storage().scan(cut_prefix(), Bytes(1, '\4'), [&](BytesView key, BytesView value) {
    const std::optional<CutKey> cut = parse_cut_key(key);
    if (!cut) return true;
    CollectedNames names;
    for (ByteReader reader(value); reader.left() >= 8;) names.push_back(reader.word());
    found(*cut, names);
    return true;
  });
}

void CollectionMember::serve(const std::string& from, const Keyspace& keyspace, std::uint64_t ring,
                             CollectRequest request, Done done) {
  Store& store = *keyspace.store;
  std::vector<Bytes> keys;
  if (store.readers() != nullptr) {
    for (const CollectKey& key : request.keys) keys.push_back(data_key(request.partition, keyspace.id, key.key));
  }
  // What a step reads, says and notes is one turn: the clock of its answer is not before what was seen.
  read_copies_ahead(store, parts_.executor, std::move(keys),
                    [this, from, &keyspace, ring, request = std::move(request), done = std::move(done)]() mutable {
                      serve_now(from, keyspace, ring, std::move(request), std::move(done));
                    });
}

void CollectionMember::serve_now(const std::string& from, const Keyspace& keyspace, std::uint64_t ring,
                                 CollectRequest request, Done done) {
  CollectReply reply;
  reply.clock = parts_.stamps.now();
  reply.wall = Stamp::from_millis(parts_.executor.wall_millis());
  if (request.ring != ring) {
    reply.block = CollectBlock::ring;
    return done(std::move(reply));
  }
  const std::vector<std::string>& holders = keyspace.current_placement()->holders(request.partition);
  CollectionVotes::Round round{request.keyspace, request.partition, from, request.round};
  Asked asked{keyspace, std::move(request), std::move(round),
              std::find(holders.begin(), holders.end(), options_.node) != holders.end()};
  switch (asked.request.step) {
    case CollectStep::survey:
      reply.block = survey(asked);
      for (const CollectKey& key : asked.request.keys) reply.blocks.push_back(judge(asked, key));
      return done(std::move(reply));
    case CollectStep::prepare: return prepare(std::move(asked), std::move(reply), std::move(done));
    case CollectStep::commit: return commit(asked, std::move(reply), std::move(done));
  }
}

CollectBlock CollectionMember::judge_member(const Asked& asked) const {
  if (!asked.keyspace.speaks_for(asked.request.partition)) return CollectBlock::doubt;
  if (asked.keyspace.store->restoring()) return CollectBlock::restore;
  const bool hint = parts_.any_hint(asked.request.partition) && !STATOR_SEEDED_BUG(collection_ignores_hints);
  return hint ? CollectBlock::hint : CollectBlock::none;
}

CollectBlock CollectionMember::survey(const Asked& asked) {
  if (const CollectBlock block = judge_member(asked); block != CollectBlock::none) return block;
  return votes_.survey(asked.round, parts_.replica.stand_ins(), parts_.executor.now());
}

CollectBlock CollectionMember::judge(const Asked& asked, const CollectKey& key) const {
  const KeyAddress at = asked.at(key);
  const Placement& placement = *asked.keyspace.current_placement();
  if (key.key.empty() ||
      partition_of(key_token(asked.keyspace.rules.name, key.key), placement.partition_bits) != at.partition)
    return CollectBlock::failed;
  if (parts_.replica.in_flight(at)) return CollectBlock::writing;
  if (asked.holder) return judge_copy(asked, at, key.digest);
  const Result<Replica::Held> held = parts_.replica.held(at, true);
  if (!held.is_ok()) return CollectBlock::failed;
  return held->digest == 0 ? CollectBlock::none : CollectBlock::stray;
}

CollectBlock CollectionMember::judge_copy(const Asked& asked, const KeyAddress& at, std::uint64_t digest) const {
  Result<Replica::Held> held = parts_.replica.held(at, true);
  if (!held.is_ok()) return CollectBlock::failed;
  if (held->digest == 0) {
    // Removed in an earlier round that another replica did not carry out.
    const bool removed = parts_.replica.collected().removed_with(CollectedKeys::name(at), digest);
    return removed ? CollectBlock::none : CollectBlock::differs;
  }
  if (held->digest != digest) return CollectBlock::differs;
  held = parts_.replica.held(at, false);
  const Result<Record> record = held.is_ok() ? decode_record(held->record) : Result<Record>(held.status());
  if (!record.is_ok()) return CollectBlock::failed;
  return check_age(*record, asked.keyspace.rules.tombstone_grace, parts_.stamps.now());
}

// From here on nothing born up to the cut makes one of the keys here again, whether the round ends well or not; and
// what this node begins from here on is born after the cut.
void CollectionMember::prepare(Asked asked, CollectReply reply, Done done) {
  const auto refuse = [&](CollectBlock why) {
    reply.block = why;
    done(std::move(reply));
  };
  const Stamp cut = asked.request.cut;
  CollectedKeys& collected = parts_.replica.collected();
  if (reply.clock >= cut || !parts_.stamps.observe(Stamp{cut.bits + 1})) return refuse(CollectBlock::clock);
  if (const CollectBlock block = judge_member(asked); block != CollectBlock::none) return refuse(block);
  if (collected.size() + asked.request.keys.size() > options_.max_remembered) return refuse(CollectBlock::full);
  std::vector<CollectKey> vouched;
  CollectedNames names;
  for (const CollectKey& key : asked.request.keys) {
    reply.blocks.push_back(judge(asked, key));
    if (reply.blocks.back() != CollectBlock::none) continue;
    vouched.push_back(key);
    names.push_back(CollectedKeys::name(asked.at(key)));
  }
  const CollectBlock vote =
      votes_.prepare(asked.round, parts_.replica.stand_ins(), std::move(vouched), parts_.executor.now());
  if (vote != CollectBlock::none) return refuse(vote);
  if (names.empty()) return done(std::move(reply));
  for (CollectedKeys::Name name : names) collected.guard(name, cut);
  Store& store = *asked.keyspace.store;
  const Bytes note = cut_key({cut, asked.request.partition, asked.keyspace.id, asked.round.coordinator});
  notes_.push_back({cut, &store, note});
  store.committer().commit(parts_.executor,
                           {note, encode_names(names),
                            [&store, reply = std::move(reply), done = std::move(done)](const Status& outcome) mutable {
                              store.note(outcome);
                              if (!outcome.is_ok()) reply.block = CollectBlock::failed;
                              done(std::move(reply));
                            }});
}

void CollectionMember::commit(const Asked& asked, CollectReply reply, Done done) {
  // shared: by the removals it waits for
  auto removal = std::make_shared<Removal>(Removal{std::move(reply), std::move(done)});
  removal->reply.blocks.assign(asked.request.keys.size(), CollectBlock::none);
  for (std::size_t i = 0; i < asked.request.keys.size(); ++i) {
    const CollectKey& key = asked.request.keys[i];
    const KeyAddress at = asked.at(key);
    CollectBlock& block = removal->reply.blocks[i];
    if (!asked.holder || !votes_.stands(asked.round, key, parts_.executor.now())) {
      block = CollectBlock::busy;
      continue;
    }
    const Result<Replica::Held> held = parts_.replica.held(at, true);
    if (held.is_ok() && held->digest == 0 &&
        parts_.replica.collected().removed_with(CollectedKeys::name(at), key.digest))
      continue;
    ++removal->waiting;
    parts_.replica.collect(at, key.digest, [this, removal, i](const Status& outcome) {
      if (outcome.is_ok()) ++parts_.counters.removed;
      if (!outcome.is_ok())
        removal->reply.blocks[i] =
            outcome.code() == Code::failed_precondition ? CollectBlock::writing : CollectBlock::failed;
      removal->one_less();
    });
  }
  votes_.end(asked.round);
  removal->one_less();
}

void CollectionMember::forget() {
  const auto life = static_cast<std::uint64_t>(options_.life_of_messages.count());
  const std::uint64_t now = parts_.stamps.now().millis();
  if (now <= life || STATOR_SEEDED_BUG(collections_remembered_for_ever)) return;
  const Stamp oldest = Stamp::from_millis(now - life);  // that may still be taken
  while (!notes_.empty() && notes_.front().cut < oldest) {
    Note note = std::move(notes_.front());
    notes_.pop_front();
    Store* store = note.store;
    store->committer().commit(parts_.executor, {std::move(note.key), Bytes(),
                                                [store](const Status& outcome) { store->note(outcome); }, true});
  }
  parts_.replica.collected().forget(Stamp{oldest.bits - 1});
}

}  // namespace stator
