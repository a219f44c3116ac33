#include "kernel/healing/collector.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/head.h"
#include "kernel/causality/record_codec.h"
#include "kernel/healing/collection_rules.h"
#include "kernel/replica/rows.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

// One slice of a search, one round, and what is remembered of the rounds for those who ask why.
constexpr std::size_t kEntriesASlice = 512;
constexpr std::size_t kPartitionsASlice = 64;
constexpr std::size_t kKeysARound = 128;
constexpr std::size_t kBytesARound = 256 << 10;
constexpr std::size_t kReasonsKept = 4096;
constexpr std::chrono::milliseconds kPause{2};
constexpr std::chrono::seconds kAnswerWithin{2};
// How far a cut is ahead of the walls: members must hear of it before it comes.
constexpr std::chrono::milliseconds kLeastSlack{20};
constexpr std::chrono::milliseconds kMostSlack{320};

// By its head alone: where there is a value, and none has expired, one lives.
bool may_be_dead(BytesView stored, Stamp now) {
  const Result<Head> head = decode_head(stored);
  return head.is_ok() && (head->cost == head->count * kVersionCost || head->may_have_expired(now));
}

// As dead_since_ms() of the record that the rows hold, but that of a live one no more is read than shows it.
Result<std::uint64_t> dead_since_ms(Storage& storage, const Bytes& rows, Stamp now) {
  std::uint64_t since = 0;
  Status failed;
  const Status scanned = storage.scan(rows, prefix_end(rows), [&](BytesView, BytesView row) {
    const Result<Version> version = decode_row(row);
    failed = version.status();
    if (version.is_ok()) since = std::max(since, dead_since_ms(*version));
    return version.is_ok() && since <= now.millis();
  });
  if (!scanned.is_ok() || !failed.is_ok()) return scanned.is_ok() ? failed : scanned;
  return since;
}

}  // namespace

struct Collector::Round {
  Keyspace& keyspace;
  Partition partition;
  std::uint64_t number;
  CollectionRing ring;
  CollectionRound core;
};

Collector::Collector(Parts parts, Options options) : parts_(parts), options_(std::move(options)) {}

Collector::~Collector() = default;

void Collector::begin() {
  running_ = true;
  parts_.member.forget();  // of earlier lives too, whose disk may have been too full to remove it
  begun_ = parts_.executor.now();
  wait();
}

void Collector::end() {
  running_ = false;
  parts_.executor.cancel(std::exchange(timer_, 0));
}

// --- The search ---

// Never for the same time as the others: searches that come upon a partition together only get into each other's way.
void Collector::wait() {
  const std::uint64_t chance = key_token(options_.node, std::to_string(parts_.stamps.now().bits)) % 512;
  const Duration span = options_.interval * static_cast<std::int64_t>(768 + chance) / 1024;
  const Duration left = begun_ + span - parts_.executor.now();
  timer_ = parts_.executor.after(std::max<Duration>(left, kPause), [this] {
    timer_ = 0;
    search();
  });
}

void Collector::search_now(Task done) {
  waiting_.push_back(std::move(done));
  if (searching_ || !running_) return;
  parts_.executor.cancel(std::exchange(timer_, 0));
  search();
}

void Collector::search() {
  searching_ = true;
  begun_ = parts_.executor.now();
  place_ = {};
  found_ = 0;
  if (left_.size() > kReasonsKept) left_.clear();
  next_slice();
}

void Collector::finish_search() {
  searching_ = false;
  parts_.counters.tombstones += found_ - std::exchange(published_, found_);
  for (Task& task : std::exchange(waiting_, {})) parts_.executor.post(std::move(task));
  if (running_) wait();
}

// After the turn that posted it, so that requests come in between. A search may take long: what need not be remembered
// any more does not wait for its end.
void Collector::next_slice() {
  if (!running_) return;
  parts_.member.forget();
  timer_ = parts_.executor.after(kPause, [this] {
    timer_ = 0;
    read_slices_ahead(parts_.executor, next_slices(), {kEntriesASlice, kBytesARound}, [this] {
      if (running_) scan_slices();
    });
  });
}

// Where scan_slices will begin to read, if reads may block there.
std::vector<SliceStart> Collector::next_slices() const {
  std::vector<SliceStart> slices;
  if (place_.keyspace == options_.keyspaces.size()) return slices;
  const Keyspace& keyspace = *options_.keyspaces[place_.keyspace];
  if (keyspace.store->readers() == nullptr) return slices;
  const std::size_t end =
      std::min(place_.partition + kPartitionsASlice, keyspace.current_placement()->primaries.size());
  for (std::size_t at = place_.partition; at < end; ++at) {
    const auto partition = static_cast<Partition>(at);
    if (!options_.mine(partition) || !rank(keyspace, partition)) continue;
    slices.push_back({{*keyspace.store, keyspace.id, partition}, at == place_.partition ? place_.from : Bytes()});
  }
  return slices;
}

void Collector::scan_slices() {
  for (std::size_t partitions = 0; partitions < kPartitionsASlice; ++partitions) {
    if (place_.keyspace == options_.keyspaces.size()) return finish_search();
    if (scan_slice()) break;
  }
  if (!round_ && !looking_) next_slice();
}

// Whether that was work enough for one slice.
bool Collector::scan_slice() {
  Keyspace& keyspace = *options_.keyspaces[place_.keyspace];
  const auto partition = static_cast<Partition>(place_.partition);
  Found found;
  std::chrono::milliseconds grace = keyspace.rules.tombstone_grace;
  const std::optional<std::size_t> rank = options_.mine(partition) ? this->rank(keyspace, partition) : std::nullopt;
  if (rank) {
    grace += std::chrono::duration_cast<std::chrono::milliseconds>(*rank * options_.patience);
    found = scan(keyspace, partition, grace);
  }
  const bool more = rank && !place_.from.empty();
  if (!more && ++place_.partition == keyspace.current_placement()->primaries.size()) {
    place_.partition = 0;
    ++place_.keyspace;
  }
  if (!found.large.empty()) {
    look_through(keyspace, partition, std::move(found), grace);
  } else if (!found.keys.empty()) {
    start_round(keyspace, partition, std::move(found.keys));
  }
  return more || round_ || looking_;
}

// One after the other, by the store's readers where its reads may block; each only up to its first live version. What
// changes meanwhile is judged anew by the members.
void Collector::look_through(Keyspace& keyspace, Partition partition, Found found, std::chrono::milliseconds grace) {
  looking_ = !found.large.empty();
  if (!looking_) {
    if (!found.keys.empty()) start_round(keyspace, partition, std::move(found.keys));
    if (!round_) next_slice();
    return;
  }
  CollectKey large = std::move(found.large.back());
  found.large.pop_back();
  Store& store = *keyspace.store;
  read_with(
      store.readers(), parts_.executor,
      [&store, rows = rows_prefix(partition, keyspace.id, large.key), now = parts_.stamps.now()] {
        return dead_since_ms(store.storage(), rows, now);
      },
      [this, &keyspace, partition, large, found = std::move(found),
       grace](const Result<std::uint64_t>& dead_since_ms) mutable {
        const KeyAddress at{*keyspace.store, partition, keyspace.id, large.key};
        if (dead_since_ms.is_ok() && consider(at, *dead_since_ms, grace)) found.keys.push_back(std::move(large));
        parts_.executor.post([this, &keyspace, partition, found = std::move(found), grace]() mutable {
          if (running_) look_through(keyspace, partition, std::move(found), grace);
        });
      });
}

// This node's place among the partition's replicas.
std::optional<std::size_t> Collector::rank(const Keyspace& keyspace, Partition partition) const {
  const std::vector<std::string>& holders = keyspace.current_placement()->holders(partition);
  const auto own = std::find(holders.begin(), holders.end(), options_.node);
  if (own == holders.end()) return std::nullopt;
  return STATOR_SEEDED_BUG(collection_by_time_alone) ? 0 : static_cast<std::size_t>(own - holders.begin());
}

// Moves place_.from on; empty when the partition is done.
Collector::Found Collector::scan(const Keyspace& keyspace, Partition partition, std::chrono::milliseconds grace) {
  Found found;
  std::size_t entries = 0;
  std::size_t bytes = 0;
  const Bytes prefix = data_key(partition, keyspace.id, BytesView());
  const Bytes first = prefix + std::exchange(place_.from, {});
  const Bytes last = data_end(partition, keyspace.id);
  const Status scanned = keyspace.store->storage().scan(first, last, [&](BytesView at, BytesView copy) {
    const BytesView key = at.substr(prefix.size());
    if (entries == kEntriesASlice || found.keys.size() + found.large.size() == kKeysARound || bytes > kBytesARound) {
      place_.from = key;
      return false;
    }
    ++entries;
    const bool large = is_head(copy);
    if (large ? may_be_dead(copy, parts_.stamps.now())
              : consider({*keyspace.store, partition, keyspace.id, key}, copy, grace)) {
      (large ? found.large : found.keys).push_back({Bytes(key), stored_digest(copy)});
      bytes += key.size();
    }
    return true;
  });
  if (!scanned.is_ok()) place_.from.clear();
  return found;
}

bool Collector::consider(const KeyAddress& at, BytesView copy, std::chrono::milliseconds grace) {
  const Result<Record> record = decode_record(record_bytes(copy));
  return record.is_ok() && consider(at, dead_since_ms(*record), grace);
}

bool Collector::consider(const KeyAddress& at, std::uint64_t dead_since_ms, std::chrono::milliseconds grace) {
  const CollectBlock age = check_age(dead_since_ms, grace, parts_.stamps.now());
  if (age != CollectBlock::live) ++found_;
  return age == CollectBlock::none && !parts_.replica.in_flight(at);
}

// --- A round ---

void Collector::start_round(Keyspace& keyspace, Partition partition, std::vector<CollectKey> keys) {
  if (STATOR_SEEDED_BUG(collection_by_time_alone)) return remove_by_time(keyspace, partition, keys);
  const std::optional<Stamp> number = parts_.stamps.next();
  if (!number) return;  // the next search comes by again
  CollectionRing ring = options_.ring(keyspace);
  if (STATOR_SEEDED_BUG(collection_skips_down_members))
    std::erase_if(ring.members,
                  [this](const std::string& node) { return node != options_.node && !parts_.links.likely_up(node); });
  const std::vector<std::string>& primaries = keyspace.current_placement()->holders(partition);
  std::vector<bool> holders;
  for (const std::string& member : ring.members)
    holders.push_back(std::find(primaries.begin(), primaries.end(), member) != primaries.end());
  round_ = std::make_unique<Round>(
      Round{keyspace, partition, number->bits, std::move(ring), CollectionRound(std::move(holders), std::move(keys))});
  ask_all();
}

void Collector::ask_all() {
  const std::size_t members = round_->ring.members.size();
  for (std::size_t member = 0; member < members; ++member) {
    if (round_->core.asks(member)) ask(member);
  }
}

void Collector::ask(std::size_t member) {
  const CollectionRound& core = round_->core;
  CollectRequest request{core.step(),    round_->keyspace.rules.name, round_->partition,
                         round_->number, round_->ring.fingerprint,    core.cut(),
                         core.keys()};
  auto done = [this, round = round_->number, step = core.step(), member](Result<CollectReply> reply) {
    answered(round, step, member, std::move(reply));
  };
  const std::string& node = round_->ring.members[member];
  if (node == options_.node) {
    // Posted, so that an answer never comes before all were asked.
    parts_.executor.post([this, request = std::move(request), keyspace = &round_->keyspace,
                          ring = round_->ring.fingerprint, done = std::move(done)]() mutable {
      parts_.member.serve(options_.node, *keyspace, ring, std::move(request), std::move(done));
    });
    return;
  }
  const TimePoint now = parts_.executor.now();
  const TimePoint deadline = now + kAnswerWithin;
  parts_.links.call(node, {"collect", encode_collect_request(request, {deadline, {}}, now), deadline},
                    [done = std::move(done)](const Result<Frame>& reply) mutable {
                      done(reply.is_ok() ? decode_collect_reply(**reply) : Result<CollectReply>(reply.status()));
                    });
}

void Collector::answered(std::uint64_t round, CollectStep step, std::size_t member, Result<CollectReply> reply) {
  if (!round_ || round_->number != round || round_->core.step() != step) return;
  CollectionRound& core = round_->core;
  if (reply.is_ok()) {
    core.add(member, *reply);
  } else {
    const Code code = reply.status().code();
    const bool silent = code == Code::unavailable || code == Code::deadline_exceeded;
    core.add_failure(member, silent ? CollectBlock::unreachable : CollectBlock::failed);
  }
  if (!core.all_answered()) return;
  if (core.advance(slack_)) return ask_all();
  finish_round();
}

void Collector::finish_round() {
  const std::unique_ptr<Round> round = std::exchange(round_, nullptr);
  const CollectionRound& core = round->core;
  parts_.counters.collected += core.collected();
  for (const auto& [block, count] : core.left()) parts_.counters.left[static_cast<std::size_t>(block)] += count;
  for (const CollectionRound::Left& left : core.left_keys()) {
    if (left_.size() < kReasonsKept) left_[{round->keyspace.rules.name, left.key}] = left.block;
  }
  const bool too_slow = core.left().contains(CollectBlock::clock);
  slack_ = std::clamp(too_slow ? slack_ * 2 : slack_ / 2, kLeastSlack, kMostSlack);
  next_slice();
}

void Collector::remove_by_time(const Keyspace& keyspace, Partition partition, const std::vector<CollectKey>& keys) {
  for (const CollectKey& key : keys)
    parts_.replica.collect({*keyspace.store, partition, keyspace.id, key.key}, key.digest, [](const Status&) {});
}

CollectBlock Collector::last_block(const Keyspace& keyspace, BytesView key) const {
  auto found = left_.find({keyspace.rules.name, Bytes(key)});
  return found == left_.end() ? CollectBlock::none : found->second;
}

}  // namespace stator
