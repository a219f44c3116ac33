#include "kernel/node/node.h"

#include <algorithm>
#include <set>
#include <utility>

#include "kernel/coordinator/message_life.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/healing/hint_recovery.h"
#include "kernel/invariant.h"
#include "kernel/node/make_placement.h"
#include "kernel/node/store_meta.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {
constexpr std::chrono::seconds kGreetingPatience{2};
}  // namespace

Node::Node(Identity identity, Seams seams, const std::vector<StoreSetup>& stores, std::vector<KeyspaceSetup> keyspaces)
    : identity_(std::move(identity)), seams_(std::move(seams)), tokens_(identity_.secret) {
  std::vector<DiskWatch::Watched> watched;
  for (const StoreSetup& setup : stores) {
    stores_.push_back(
        std::make_unique<Store>(setup.name, *setup.storage, *setup.committer, setup.readers, setup.reserve));
    stores_.back()->set_mending(setup.mending);
    stores_.back()->backlog().set_limits({std::max<std::size_t>(1, identity_.max_in_flight / 2)});
    if (setup.space != nullptr) watched.push_back({*stores_.back(), *setup.space});
    if (setup.scrubbing != nullptr) disks_.push_back({setup.name, *setup.scrubbing});
  }
  disk_watch_ = std::make_unique<DiskWatch>(DiskWatch::Parts{first_loop(), seams_.background, seams_.room_changed},
                                            std::move(watched));
  std::map<std::string, KeyspaceSettings> settings;
  for (KeyspaceSetup& setup : keyspaces) {
    auto store =
        std::find_if(stores_.begin(), stores_.end(), [&](const auto& held) { return held->name() == setup.store; });
    STATOR_INVARIANT(store != stores_.end(), "the configuration's checks leave no keyspace without its store");
    auto keyspace = std::make_unique<Keyspace>();
    keyspace->rules = setup.rules;
    life_of_messages_ = std::min(life_of_messages_, message_life(setup.rules));
    keyspace->store = store->get();
    keyspace->resolve = std::move(setup.resolve);
    keyspace->datatype = setup.datatype;
    keyspace->kind = std::move(setup.kind);
    keyspace->authority = std::make_unique<Authority>(std::size_t{1} << identity_.partition_bits);
    memberships_[setup.rules.name] = setup.membership;
    rings_[setup.membership].store(std::make_shared<const RingView>());
    settings[setup.rules.name] = std::move(setup.settings);
    keyspaces_.emplace(setup.rules.name, std::move(keyspace));
  }
  agreements_ = std::make_unique<Agreements>(std::move(settings));
}

Node::~Node() = default;

Status Node::open_stores(Stamp& clock_start, std::vector<bool>& clean, std::map<std::string, HeardClock>& heard) {
  for (const auto& store : stores_) {
    std::vector<StoredKeyspace> kept_here;
    for (const auto& [name, keyspace] : keyspaces_) {
      if (keyspace->store == store.get()) kept_here.push_back({name, keyspace->kind});
    }
    Result<StoreState> state =
        open_store(store->storage(), {identity_.cluster, identity_.node, identity_.partition_bits}, kept_here);
    if (!state.is_ok()) return {state.status().code(), "storage " + store->name() + ": " + state.status().message()};
    for (const StoredKeyspace& kept : kept_here) keyspaces_.at(kept.name)->id = state->keyspaces.at(kept.name);
    clock_start = std::max(clock_start, state->clock_limit);
    store->set_found_limit(state->found_limit);
    store->set_unvouched(state->unvouched);
    store->set_barrier(state->barrier);
    if (state->forgot) store->forget(state->barrier);
    store->set_found_away(state->away);
    store->set_found_lost(std::move(state->lost));
    store->set_keyspaces(std::move(state->ids));
    store->set_fixed_notes(std::move(state->fixed));
    store->set_restoring(!state->restoring.empty());
    for (const auto& [node, clock] : state->heard) {
      HeardClock& known = heard[node];
      known = std::max(known, clock, [](const HeardClock& a, const HeardClock& b) { return a.life < b.life; });
    }
    clean.push_back(state->clean && state->incarnation != Stamp{});
    store->set_incarnation(state->incarnation);
  }
  return Status::ok();
}

Status Node::open() {
  Stamp clock_start;
  std::vector<bool> clean;
  std::map<std::string, HeardClock> heard;
  disk_watch_->look();
  if (Status opened = open_stores(clock_start, clean, heard); !opened.is_ok()) return opened;

  std::vector<Store*> all;
  for (const auto& store : stores_) all.push_back(store.get());
  clock_ = std::make_unique<ClockKeeper>(
      first_loop(), all,
      ClockKeeper::Options{STATOR_SEEDED_BUG(clock_limit_forgotten) ? Stamp() : clock_start,
                           static_cast<std::uint16_t>(identity_.seed), identity_.max_clock_skew});
  if (Status started = clock_->start(); !started.is_ok()) return started;

  lives_ =
      std::make_unique<Lives>(Lives::Parts{first_loop(), *clock_, stores_, keyspaces_,
                                           [this](Keyspace& keyspace, const std::vector<Partition>& held, Stamp until) {
                                             suspect(keyspace, held, until);
                                           },
                                           [this] { deliver_hints(); }, [this](const std::string& text) { tell(text); },
                                           identity_.anti_entropy.interval > Duration(0)},
                              identity_.node, identity_.max_clock_skew);
  if (Status begun = lives_->open(heard); !begun.is_ok()) return begun;
  for (std::size_t i = 0; i < stores_.size(); ++i) {
    const Stamp held = stores_[i]->incarnation();
    if (clean[i] || (STATOR_SEEDED_BUG(marks_survive_unclean_restart) && held != Stamp{})) {
      // Not before a peer has said that nothing is missing here: the clean shutdown may be that of an old copy.
      stores_[i]->withdraw_marks();
      stores_[i]->hold_marks(held);
      if (STATOR_SEEDED_BUG(old_copy_trusted)) stores_[i]->confirm_marks();
      continue;
    }
    const std::optional<Stamp> incarnation = clock_->next();
    if (!incarnation) return {Code::unavailable, "the clock gives no stamp"};
    if (Status written = write_incarnation(stores_[i]->storage(), *incarnation); !written.is_ok()) return written;
    stores_[i]->set_incarnation(*incarnation);
  }
  for (const auto& [name, keyspace] : keyspaces_)
    repairs_.emplace(name, std::make_unique<RepairKeyspace>(*keyspace, identity_.partition_bits));
  make_shards();
  make_mender();
  make_scrub();
  if (Status found = find_cuts(); !found.is_ok()) return found;
  return find_hints();
}

void Node::make_shards() {
  const std::size_t count = seams_.loops.size();
  const std::size_t share = std::max<std::size_t>(1, identity_.max_in_flight / count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto takes_deltas = [this](const std::string& node) { return agreements_->takes_deltas(node); };
    Shard::Options options{{identity_.node, share, identity_.max_clock_skew, takes_deltas}, {}, count};
    options.hints.node = identity_.node;
    options.hints.pace.bytes_per_second = std::max<std::uint64_t>(1, identity_.hint_bytes_per_second / count);
    options.hints.seed = identity_.seed + i;
    Shard::Parts parts{
        *seams_.loops[i], *seams_.links[i], *clock_,       counters_,
        hint_ledger_,     tokens_,          own_repairs(), [this](std::string_view name) { return keyspace(name); }};
    shards_.push_back(std::make_unique<Shard>(std::move(parts), options));
    make_anti_entropy(i);
    make_sifter(i);
    make_collections(i);
  }
}

// Those of keyspaces that are not configured any more stay where they are.
Status Node::find_hints() {
  for (const auto& store : stores_) {
    std::map<std::uint16_t, const Keyspace*> known;
    for (const auto& [name, keyspace] : keyspaces_) {
      if (keyspace->store == store.get()) known[keyspace->id] = keyspace.get();
    }
    const Status found = recover_hints(*store, [&](const KeyAddress& at, BytesView value) {
      auto keyspace = known.find(at.keyspace);
      if (keyspace != known.end()) shard_of(at.partition).hints.found(*keyspace->second, at, value);
    });
    if (!found.is_ok()) return {found.code(), "storage " + store->name() + ": " + found.message()};
  }
  return Status::ok();
}

void Node::make_collections(std::size_t index) {
  Shard& shard = *shards_[index];
  const auto mine = [index, shards = seams_.loops.size()](Partition partition) { return partition % shards == index; };
  shard.collections = std::make_unique<CollectionMember>(
      CollectionMember::Parts{shard.executor, shard.replica, *clock_, collection_counters_,
                              [&shard](Partition partition) { return shard.hints.any_for(partition); }},
      CollectionMember::Options{identity_.node, life_of_messages_});
  // The last replica's turn comes while the first still remembers a round that not all have heard the end of.
  const Duration patience = std::min<Duration>(2 * identity_.collect_interval, life_of_messages_ / 4);
  Collector::Options options;
  options.node = identity_.node;
  options.interval = identity_.collect_interval;
  options.patience = patience;
  options.mine = mine;
  options.ring = [this](const Keyspace& keyspace) { return collection_ring(keyspace); };
  for (const auto& [name, keyspace] : keyspaces_) options.keyspaces.push_back(keyspace.get());
  shard.collector = std::make_unique<Collector>(Collector::Parts{shard.executor, shard.replica, *seams_.links[index],
                                                                 *clock_, *shard.collections, collection_counters_},
                                                std::move(options));
}

// What an earlier life of this node vouched for in collections.
Status Node::find_cuts() {
  for (const auto& store : stores_) {
    const Status found = recover_cuts(*store, [this, &store = *store](const CutKey& cut, const CollectedNames& names) {
      shard_of(cut.partition).collections->found(store, cut, names);
    });
    if (!found.is_ok()) return {found.code(), "storage " + store->name() + ": " + found.message()};
  }
  return Status::ok();
}

std::uint64_t Node::ring_of(const Keyspace& keyspace) const {
  return rings_.at(memberships_.at(keyspace.rules.name)).load()->ring.fingerprint();
}

CollectionRing Node::collection_ring(const Keyspace& keyspace) const {
  const std::shared_ptr<const RingView> view = rings_.at(memberships_.at(keyspace.rules.name)).load();
  CollectionRing ring{view->ring.fingerprint(), {}};
  for (const RingNode& node : view->ring.nodes()) ring.members.push_back(node.id);
  return ring;
}

Coordinator::RepairOwn Node::own_repairs() {
  return [this](Keyspace& keyspace, Partition partition, Bytes key, Replica::Arrival merged) {
    Shard& shard = shard_of(partition);
    run_on(shard.executor, [&shard, &keyspace, partition, key = std::move(key), merged = std::move(merged)]() mutable {
      if (!shard.admit_background(*keyspace.store).is_ok()) return;
      shard.replica.merge({*keyspace.store, partition, keyspace.id, key}, std::move(merged),
                          [](const Result<std::uint64_t>&) {});
    });
  };
}

// The merge is the owning loop's, the answer the calling one's.
RepairTools::MergeOwn Node::own_merges() {
  return [this](Keyspace& keyspace, RepairCopy copy, Replica::Merged done) {
    Shard& home = here();
    Shard& owner = shard_of(copy.partition);
    run_on(owner.executor, [&home, &owner, &keyspace, copy = std::move(copy), done = std::move(done)]() mutable {
      if (Status room = owner.admit_background(*keyspace.store); !room.is_ok())
        return home.executor.post(
            [room = std::move(room), done = std::move(done)]() mutable { done(std::move(room)); });
      owner.replica.merge({*keyspace.store, copy.partition, keyspace.id, copy.key}, std::move(copy.arrival),
                          [&home, done = std::move(done)](Result<std::uint64_t> digest) mutable {
                            run_on(home.executor, [done = std::move(done), digest = std::move(digest)]() mutable {
                              done(std::move(digest));
                            });
                          });
    });
  };
}

RepairTools::Equal Node::equalities() {
  return [this](Keyspace& keyspace, Partition partition, const Equality& found) {
    lives_->verified(keyspace, partition, found);
  };
}

void Node::tell(const std::string& text) const {
  if (seams_.tell) seams_.tell(text);
}

void Node::make_sifter(std::size_t index) {
  Shard& shard = *shards_[index];
  Sifter::Options options;
  options.node = identity_.node;
  options.mine = [index, shards = seams_.loops.size()](Partition partition) { return partition % shards == index; };
  for (const auto& [name, repair] : repairs_) options.keyspaces.push_back(repair.get());
  shard.sifter = std::make_unique<Sifter>(Sifter::Parts{shard.executor, shard.replica, *seams_.links[index],
                                                        repair_counters_, [&shard] { shard.anti_entropy->hurry(); }},
                                          std::move(options));
  shard.replica.set_suspicion([this](const KeyAddress& at, Stamp newest) {
    return std::any_of(repairs_.begin(), repairs_.end(), [&](const auto& entry) {
      const RepairKeyspace& repair = *entry.second;
      return repair.keyspace.store == &at.store && repair.keyspace.id == at.keyspace &&
             repair.suspicion.suspects(at.partition, newest);
    });
  });
}

void Node::make_anti_entropy(std::size_t shard) {
  Shard& home = *shards_[shard];
  RepairPlan plan{identity_.node, {}, shard, seams_.loops.size()};
  for (const auto& [name, repair] : repairs_) plan.keyspaces.push_back(repair.get());
  AntiEntropy::Options options = identity_.anti_entropy;
  options.bytes_per_second = std::max<std::uint64_t>(1, options.bytes_per_second / seams_.loops.size());
  home.anti_entropy =
      std::make_unique<AntiEntropy>(AntiEntropy::Parts{home.executor, home.replica, *seams_.links[shard], *clock_,
                                                       own_merges(), equalities(), repair_counters_, last_comparison_},
                                    std::move(plan), options);
}

// The hints of an old disk may be of such keys too, and most were delivered long ago: what is old is given up. Of an
// acknowledged write they were one copy, and this disk is lost.
void Node::suspect(Keyspace& keyspace, const std::vector<Partition>& held, Stamp until) {
  if (!STATOR_SEEDED_BUG(old_copy_shown)) repair(keyspace).suspicion.raise(held, until);
  for (const auto& shard : shards_) {
    run_on(shard->executor, [&shard = *shard, &keyspace, until] {
      if (!STATOR_SEEDED_BUG(old_hints_delivered)) shard.hints.give_up(keyspace, until);
      shard.sifter->begin();
    });
  }
}

// Not before enough peers have said whether the disk under them is an old one.
void Node::deliver_hints() {
  heard_enough_ = true;
  for (const auto& shard : shards_) run_on(shard->executor, [&shard = *shard] { shard.delivery.start(); });
}

void Node::set_members(const std::string& membership, int vnodes_per_node, std::vector<Member> members) {
  std::vector<RingNode> nodes;
  for (const Member& member : members) {
    if (member.state != MemberState::left) nodes.push_back({member.id, member.zone});
  }
  auto view = std::make_shared<RingView>();
  view->ring = Ring(std::move(nodes), {identity_.partition_bits, vnodes_per_node});
  view->members = std::move(members);
  for (const auto& [name, keyspace] : keyspaces_) {
    if (memberships_.at(name) != membership) continue;
    keyspace->placement.store(make_placement(view->ring, static_cast<std::size_t>(keyspace->rules.n)));
  }
  rings_[membership].store(std::move(view));
}

void Node::resume() { lives_->resume(is_alone()); }

void Node::begin() {
  clock_->run();
  disk_watch_->run();
  lives_->begin(is_alone());
  // Without anti-entropy nothing would be filled again: then what cannot be read stays.
  if (identity_.anti_entropy.interval > Duration(0)) mender_->run();
  scrub_->begin();
  greet_members();
  for (const auto& shard : shards_)
    run_on(shard->executor, [&shard = *shard] {
      shard.anti_entropy->begin();
      shard.collector->begin();
    });
}

void Node::end() {
  clock_->stop();
  disk_watch_->stop();
  lives_->end();
  mender_->stop();
  scrub_->end();
  first_loop().cancel(std::exchange(greeting_, 0));
  for (const auto& shard : shards_)
    run_on(shard->executor, [&shard = *shard] {
      shard.delivery.stop();
      shard.sifter->end();
      shard.anti_entropy->end();
      shard.collector->end();
    });
}

bool Node::is_alone() const {
  return std::all_of(rings_.begin(), rings_.end(), [this](const auto& entry) {
    const std::vector<Member>& members = entry.second.load()->members;
    return std::all_of(members.begin(), members.end(),
                       [this](const Member& member) { return member.id == identity_.node; });
  });
}

// Opens the links at once: what peers know of this node's clock decides whether its marks hold.
void Node::greet_members() {
  const TimePoint now = first_loop().now();
  const TimePoint deadline = now + kGreetingPatience;
  std::set<std::string> greeted{identity_.node};
  for (const auto& [name, view] : rings_) {
    const auto ring = view.load();
    for (const Member& member : ring->members) {
      if (!greeted.insert(member.id).second) continue;
      seams_.links.front()->call(member.id, {"membership", encode_membership({}, {deadline, {}}, now), deadline},
                                 [](const Result<Frame>&) {});
    }
  }
  if (greeted.size() == 1) return;
  greeting_ = first_loop().after(kGreetingPatience, [this] {
    greeting_ = 0;
    if (!heard_enough_) greet_members();
  });
}

void Node::wait_for_hints(Executor& home, TimePoint deadline, std::function<void(std::size_t)> done) const {
  struct Sum {
    std::atomic<std::size_t> shards;
    std::atomic<std::size_t> left{0};
    std::function<void(std::size_t)> done;
  };
  // shared: by the shards that are still waited for
  auto sum = std::make_shared<Sum>();
  sum->shards = shards_.size();
  sum->done = std::move(done);
  for (const auto& shard : shards_) {
    run_on(shard->executor, [&home, &delivery = shard->delivery, deadline, sum] {
      delivery.wait(deadline, [&home, sum](std::size_t left) {
        sum->left += left;
        if (--sum->shards == 0) home.post([sum] { sum->done(sum->left); });
      });
    });
  }
}

// A commit whose end this node never learnt of may have been signed and shipped without being stored here.
bool Node::all_settled() const {
  return std::all_of(shards_.begin(), shards_.end(), [](const auto& shard) { return shard->replica.pending() == 0; });
}

Status Node::close() {
  if (!all_settled()) return {Code::unavailable, "some writes had not ended"};
  Status outcome;
  for (const auto& store : stores_) {
    if (store->unclean() && !STATOR_SEEDED_BUG(unclean_stop_noted_clean)) continue;
    if (Status written = write_clean_shutdown(store->storage(), clock_->last()); !written.is_ok()) outcome = written;
  }
  return outcome;
}

Keyspace* Node::keyspace(std::string_view name) const {
  auto found = keyspaces_.find(name);
  return found == keyspaces_.end() ? nullptr : found->second.get();
}

Partition Node::partition_of_key(const Keyspace& keyspace, BytesView key) const {
  return partition_of(key_token(keyspace.rules.name, key), identity_.partition_bits);
}

Shard& Node::here() const {
  for (const auto& shard : shards_) {
    if (shard->executor.here()) return *shard;
  }
  return *shards_.front();
}

PeerLinks& Node::links_here() const {
  std::size_t loop = 0;
  while (loop + 1 < shards_.size() && !shards_[loop]->executor.here()) ++loop;
  return *seams_.links[loop];
}

std::shared_ptr<const Node::RingView> Node::ring(const std::string& membership) const {
  auto found = rings_.find(membership);
  return found == rings_.end() ? nullptr : found->second.load();
}

std::vector<std::string> Node::memberships() const {
  std::vector<std::string> names;
  for (const auto& [name, view] : rings_) names.push_back(name);
  return names;
}

bool Node::is_member(std::string_view node) const {
  return std::any_of(rings_.begin(), rings_.end(), [&](const auto& entry) {
    const std::shared_ptr<const RingView> view = entry.second.load();
    return std::any_of(view->members.begin(), view->members.end(),
                       [&](const Member& member) { return member.id == node; });
  });
}

Status Node::may_serve(const Keyspace& keyspace) const {
  const std::string& name = keyspace.rules.name;
  return agreements_->may_serve(name, [&] { return rings_.at(memberships_.at(name)).load()->members.size(); });
}

Hello Node::hello() const {
  std::uint64_t rings = 0;
  for (const auto& [name, view] : rings_) rings ^= key_token(name, std::to_string(view.load()->ring.fingerprint()));
  Hello hello{identity_.cluster, identity_.node, identity_.partition_bits, rings, agreements_->fingerprints()};
  hello.settings = agreements_->own();
  lives_->describe(hello);
  return hello;
}

}  // namespace stator
