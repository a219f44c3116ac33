#include "kernel/node/lives.h"

#include <algorithm>
#include <utility>

#include "kernel/node/shard.h"
#include "kernel/node/store_meta.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kNoteInterval{2};

}  // namespace

Lives::Lives(Parts parts, std::string node, std::chrono::milliseconds max_clock_skew)
    : parts_(std::move(parts)), node_(std::move(node)), max_clock_skew_(max_clock_skew) {
  for (const auto& [name, keyspace] : parts_.keyspaces)
    shortest_absence_ = std::min(shortest_absence_, longest_absence(*keyspace));
}

// As long hints are kept for it, by clocks that may differ.
milliseconds Lives::longest_absence(const Keyspace& keyspace) const {
  return keyspace.rules.hint_window + max_clock_skew_;
}

Status Lives::open(const std::map<std::string, HeardClock>& heard) {
  noted_ = heard;
  peers_.restore(heard);
  life_ = parts_.stamps.epoch_of(parts_.stamps.next().value_or(Stamp{}));
  ran_at_ = parts_.first_loop.now().time_since_epoch().count();
  ran_at_wall_ = parts_.first_loop.wall_millis();
  for (const auto& store : parts_.stores) {
    const Stamp noted = store->unvouched().value_or(Stamp{});
    if (noted != Stamp{}) life_ = std::min(life_, noted);
  }
  for (const auto& store : parts_.stores) {
    if (store->unvouched() != Stamp{}) continue;
    if (Status written = write_unvouched(store->storage(), life_); !written.is_ok()) return written;
  }
  return Status::ok();
}

void Lives::resume(bool alone) {
  for (const auto& store : parts_.stores) {
    if (store->forgot()) doubt(*store);
    lose_copies(*store, store->found_lost());
  }
  for (const auto& [name, keyspace] : parts_.keyspaces) {
    const Store& store = *keyspace->store;
    if (parts_.catches_up && store.found_away() && !store.forgot()) doubt_away(*keyspace);
    if (keyspace->authority->in_doubt()) ++counters_.resumed;
    // The limit is ahead of what was written by less than the half of the skew that is allowed.
    const milliseconds absence = longest_absence(*keyspace) - max_clock_skew_ / 2;
    const Stamp found = store.found_limit().first;
    const auto until = found.millis() + static_cast<std::uint64_t>(absence.count());
    const bool empty = found == Stamp{} && !STATOR_SEEDED_BUG(empty_disk_trusted);
    const bool old = found != Stamp{} && until < parts_.stamps.now().millis();
    if (!parts_.catches_up || alone || voices_wanted(*keyspace) == 0) continue;
    keyspace->authority->stand(empty || old ? Authority::Standing::held_back : Authority::Standing::unsure);
    unsure_.push_back(keyspace.get());
  }
}

milliseconds Lives::time_not_run() const {
  const Duration still = parts_.first_loop.now().time_since_epoch() - TimePoint::duration(ran_at_.load());
  const std::uint64_t wall = parts_.first_loop.wall_millis();
  const std::uint64_t then = ran_at_wall_.load();
  return std::max(std::chrono::duration_cast<milliseconds>(still),
                  milliseconds(static_cast<std::int64_t>(wall > then ? wall - then : 0)));
}

void Lives::note_running() {
  if (time_not_run() <= shortest_absence_) return;
  std::lock_guard lock(meeting_);
  const std::int64_t now = parts_.first_loop.now().time_since_epoch().count();
  const std::uint64_t wall = parts_.first_loop.wall_millis();
  const milliseconds absence = time_not_run();
  for (const auto& [name, keyspace] : parts_.keyspaces) {
    if (!parts_.catches_up || absence <= longest_absence(*keyspace)) continue;
    doubt_away(*keyspace);  // anew, if it is in doubt: what was compared before the pause may be old
    parts_.tell("keyspace " + name + ": this node did not run for longer than hints are kept");
  }
  ran_at_ = now;
  ran_at_wall_ = wall;
}

// What is noted was looked at before the comparison: a pause in between is seen by the next.
void Lives::keep_watch() {
  const std::int64_t now = parts_.first_loop.now().time_since_epoch().count();
  const std::uint64_t wall = parts_.first_loop.wall_millis();
  note_running();
  ran_at_ = now;
  ran_at_wall_ = wall;
  watch_ = parts_.first_loop.after(std::clamp<Duration>(shortest_absence_ / 4, milliseconds(1), kNoteInterval),
                                   [this] { keep_watch(); });
}

void Lives::begin(bool alone) {
  if (alone) {
    for (const auto& store : parts_.stores) {
      if (!store->forgot()) store->confirm_marks();
    }
    parts_.heard_enough();
  }
  note_peers();
  keep_watch();
}

void Lives::end() {
  parts_.first_loop.cancel(std::exchange(timer_, 0));
  parts_.first_loop.cancel(std::exchange(watch_, 0));
}

void Lives::note_peers() {
  timer_ = parts_.first_loop.after(kNoteInterval, [this] { note_peers(); });
  {
    std::lock_guard lock(meeting_);
    if (!met_.empty()) hear_enough();  // whoever was waited for may have left the cluster
  }
  std::map<std::string, HeardClock> heard = peers_.all();
  if (heard == noted_) return;
  for (const auto& store : parts_.stores) commit(*store, heard_key(), encode_heard(heard), false);
  noted_ = std::move(heard);
}

// What fails is not lost: the next note, or the next start, has it again.
void Lives::commit(Store& store, Bytes key, Bytes value, bool remove) {
  run_on(parts_.first_loop, [this, &store, key = std::move(key), value = std::move(value), remove]() mutable {
    const auto note = [&store](const Status& outcome) { store.note(outcome); };
    store.committer().commit(parts_.first_loop, {std::move(key), std::move(value), note, remove});
  });
}

void Lives::describe(Hello& hello) const {
  hello.life = life_;
  // Never above what is on disk, or peers would conclude that this node has lost something; a life's name may be.
  hello.now = parts_.stamps.next().value_or(Stamp::from_millis(life_.millis()));
  hello.heard = peers_.all();
}

void Lives::hear(const std::string& node, Stamp shown) {
  const auto skew = static_cast<std::uint64_t>(max_clock_skew_.count());
  if (shown.millis() > skew) peers_.hear(node, Stamp::from_millis(shown.millis() - skew));
}

// Longer than hints were kept for it, while that peer was there; as a process that has ended, not as one cut off: the
// absence was over when this life began, however much later a link opens once more.
bool Lives::was_away(const Hello& theirs, const Keyspace& keyspace) const {
  auto of_this = theirs.heard.find(node_);
  const std::uint64_t last = of_this == theirs.heard.end() ? 0 : of_this->second.outside(life_).millis();
  if (last == 0) return false;
  const auto absence = static_cast<std::uint64_t>(longest_absence(keyspace).count());
  return std::max(last, theirs.life.millis()) + absence < std::min(life_, theirs.now).millis();
}

std::vector<std::string> Lives::meet(const Hello& theirs) {
  std::lock_guard lock(meeting_);
  peers_.meet(theirs.node, theirs.life, theirs.now);
  // On disk before what that peer writes here, or a crash would have this node hold writes of one it knows nothing of.
  run_on(parts_.first_loop, [this] {
    noted_ = peers_.all();
    for (const auto& store : parts_.stores) commit(*store, heard_key(), encode_heard(noted_), false);
  });
  auto of_this = theirs.heard.find(node_);
  const Stamp heard = of_this == theirs.heard.end() ? Stamp{} : of_this->second.outside(life_);
  std::vector<std::string> told;
  for (const auto& store : parts_.stores) {
    if (!store->found_limit().disproved_by(heard) || STATOR_SEEDED_BUG(old_copy_trusted)) continue;
    if (!lacking_.insert(store.get()).second || !store->forget(barrier(theirs.now))) continue;
    doubt(*store);
    ++counters_.lacking;
    told.push_back("storage " + store->name() + " lacks what " + theirs.node +
                   " has heard of this node: it was emptied, or an old copy of it was put back");
  }
  for (const auto& [name, keyspace] : parts_.keyspaces) {
    if (!parts_.catches_up || !was_away(theirs, *keyspace)) continue;
    // Once: what it has caught up with since is not in doubt again when the next link opens.
    if (!absences_.insert(name).second || keyspace->authority->in_doubt_wholly()) continue;
    doubt_away(*keyspace);
    ++counters_.away;
    told.push_back("keyspace " + name + ": this node was away for longer than hints are kept");
  }
  met_.insert(theirs.node);
  hear_enough();
  return told;
}

// How many members must have been met before nothing is known to be missing here. Of so many one has not lost what it
// had heard of this node, if no more disks are lost than writes are promised to survive.
std::size_t Lives::voices_wanted(const Keyspace& keyspace) const {
  std::set<std::string> others;
  const auto placement = keyspace.current_placement();
  for (Partition partition : shared_partitions(keyspace)) {
    const std::vector<std::string>& holders = placement->holders(partition);
    others.insert(holders.begin(), holders.end());
  }
  others.erase(node_);
  const bool empty = keyspace.store->found_limit().first == Stamp{};
  const auto wanted = static_cast<std::size_t>(keyspace.rules.w - 1);
  return std::min(others.size(), empty ? wanted : std::max<std::size_t>(wanted, 1));
}

void Lives::hear_enough() {
  std::erase_if(unsure_, [this](Keyspace* keyspace) {
    if (voices_wanted(*keyspace) > met_.size()) return false;
    keyspace->authority->stand(Authority::Standing::sure);
    return true;
  });
  for (const auto& store : parts_.stores) {
    if (vouched_.contains(store.get())) continue;
    const bool more = std::any_of(parts_.keyspaces.begin(), parts_.keyspaces.end(), [&](const auto& entry) {
      return entry.second->store == store.get() && voices_wanted(*entry.second) > met_.size();
    });
    if (more) continue;
    vouched_.insert(store.get());
    store->confirm_marks();  // there are none any more if anything is missing
    commit(*store, store->unvouched() ? unvouched_key() : found_limit_key(), {}, true);
  }
  if (vouched_.size() == parts_.stores.size() && !std::exchange(heard_enough_, true)) parts_.heard_enough();
}

// The peer's clock is past the cut of every collection that this node may have forgotten; its own must be too, before
// it reads what others hold and takes that for current: what it asks for from now on is born past the barrier.
Stamp Lives::barrier(Stamp theirs) {
  const Stamp own = parts_.stamps.now();
  const Stamp most = Stamp::from_millis(own.millis() + static_cast<std::uint64_t>(max_clock_skew_.count()));
  const Stamp barrier = std::min(std::max(own, theirs), most);
  parts_.stamps.observe(Stamp{barrier.bits + 1});
  return barrier;
}

// Of which this node holds one of several replicas.
std::vector<Partition> Lives::shared_partitions(const Keyspace& keyspace) const {
  const auto placement = keyspace.current_placement();
  std::vector<Partition> shared;
  for (std::size_t partition = 0; partition < placement->primaries.size(); ++partition) {
    const std::vector<std::string>& holders = placement->primaries[partition];
    const bool here = std::find(holders.begin(), holders.end(), node_) != holders.end();
    if (here && holders.size() > 1) shared.push_back(static_cast<Partition>(partition));
  }
  return shared;
}

void Lives::doubt(Store& store) {
  if (!parts_.catches_up) return;
  commit(store, barrier_key(), encode_stamp(store.barrier()), false);
  commit(store, forgot_key(), {}, false);
  for (const auto& [name, keyspace] : parts_.keyspaces) {
    if (keyspace->store != &store) continue;
    const std::vector<Partition> shared = shared_partitions(*keyspace);
    const auto grace = static_cast<std::uint64_t>(keyspace->rules.tombstone_grace.count());
    const std::uint64_t barrier = store.barrier().millis();
    parts_.suspect(*keyspace, shared, Stamp::from_millis(barrier - std::min(barrier, grace)));
    keyspace->authority->doubt(shared, parts_.first_loop.now());
  }
}

// Nothing here is wrong, but hints of what was written meanwhile may have been dropped.
void Lives::doubt_away(Keyspace& keyspace) {
  commit(*keyspace.store, away_key(), {}, false);
  keyspace.authority->doubt(shared_partitions(keyspace), parts_.first_loop.now());
}

// Copies of which nobody else has one are in no doubt: they are gone.
void Lives::lose_copies(Store& store, const std::set<LostCopies>& copies) {
  if (!parts_.catches_up || copies.empty()) return;
  lost_[&store].insert(copies.begin(), copies.end());
  for (const auto& [name, keyspace] : parts_.keyspaces) {
    if (keyspace->store != &store) continue;
    std::vector<Partition> missing = shared_partitions(*keyspace);
    std::erase_if(missing, [&](Partition partition) { return !copies.contains({keyspace->id, partition}); });
    keyspace->authority->lose(missing, parts_.first_loop.now());
  }
}

void Lives::lose(Store& store, const Loss& loss, std::function<void(const Status&)> done) {
  std::lock_guard lock(meeting_);
  lose_copies(store, loss.copies);
  if (loss.cuts) {
    const Stamp now = parts_.stamps.now();
    parts_.stamps.observe(Stamp{now.bits + 1});
    store.set_barrier(std::max(store.barrier(), now));
  }
  std::vector<std::pair<Bytes, Bytes>> notes{{lost_key(), encode_lost(lost_[&store])}};
  if (loss.cuts || (loss.notes && store.barrier() != Stamp{}))
    notes.emplace_back(barrier_key(), encode_stamp(store.barrier()));
  const bool wholly = std::any_of(parts_.keyspaces.begin(), parts_.keyspaces.end(), [&](const auto& entry) {
    return entry.second->store == &store && entry.second->authority->in_doubt_wholly();
  });
  if (loss.notes) notes.insert(notes.end(), store.fixed_notes().begin(), store.fixed_notes().end());
  if (loss.notes && !vouched_.contains(&store))
    notes.push_back(store.unvouched() ? std::pair(unvouched_key(), encode_stamp(life_))
                                      : std::pair(found_limit_key(), encode_found_limit(store.found_limit())));
  if (loss.notes && wholly) notes.emplace_back(store.forgot() ? forgot_key() : away_key(), Bytes());
  if (loss.notes) noted_.clear();
  // shared: by the notes on their way
  auto left = std::make_shared<std::pair<std::size_t, Status>>(notes.size(), Status());
  const auto noted = [&store, left, done = std::move(done)](const Status& outcome) {
    store.note(outcome);
    if (!outcome.is_ok()) left->second = outcome;
    if (--left->first == 0) done(left->second);
  };
  // Posted: behind what verified() may have posted from another loop.
  parts_.first_loop.post([this, &store, notes = std::move(notes), noted] {
    for (const auto& [key, value] : notes) store.committer().commit(parts_.first_loop, {key, value, noted});
  });
}

void Lives::verified(Keyspace& keyspace, Partition partition, const Equality& found) {
  if (!keyspace.authority->in_doubt()) return;
  const std::size_t n = keyspace.current_placement()->holders(partition).size();
  const std::size_t vouching = others_with_every_write(n, static_cast<std::size_t>(keyspace.rules.w));
  if (!keyspace.authority->verify(partition, found, {vouching, n - 1})) return;
  ++counters_.regained;
  std::lock_guard lock(meeting_);
  const bool more = std::any_of(parts_.keyspaces.begin(), parts_.keyspaces.end(), [&](const auto& entry) {
    return entry.second->store == keyspace.store && entry.second->authority->in_doubt();
  });
  if (more) return;
  commit(*keyspace.store, forgot_key(), {}, true);
  commit(*keyspace.store, away_key(), {}, true);
  const auto lost = lost_.find(keyspace.store);
  if (lost == lost_.end()) return;
  // Of keyspaces that are not configured now nothing was filled.
  std::erase_if(lost->second, [&](const LostCopies& copies) {
    return std::any_of(parts_.keyspaces.begin(), parts_.keyspaces.end(), [&](const auto& entry) {
      return entry.second->store == keyspace.store && entry.second->id == copies.keyspace;
    });
  });
  commit(*keyspace.store, lost_key(), encode_lost(lost->second), lost->second.empty());
  if (lost->second.empty()) lost_.erase(lost);
}

}  // namespace stator
