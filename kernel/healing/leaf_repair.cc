#include "kernel/healing/leaf_repair.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/copy.h"
#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/peer_messages.h"
#include "kernel/healing/leaf_scan.h"
#include "kernel/replica/keys_ahead.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

constexpr std::size_t kBatchLeaves = 32;
constexpr std::size_t kWantedAtOnce = 256;
constexpr std::size_t kPushesAtOnce = 8;
// As long as a write may be on its way to its last replica.
constexpr std::uint64_t kYoungMillis = 2000;

Partition partition_of_leaf(std::uint32_t leaf) { return static_cast<Partition>(leaf / MerkleTree::kLeaves); }

Stamp newest_of(const std::map<std::uint64_t, Stamp>& entries) {
  Stamp newest;
  for (const auto& [hash, stamp] : entries) newest = std::max(newest, stamp);
  return newest;
}

// Both without what is in the other.
template <typename A, typename B>
void drop_common(std::map<std::uint64_t, A>& a, std::map<std::uint64_t, B>& b) {
  for (auto at = a.begin(); at != a.end();) {
    at = b.erase(at->first) > 0 ? a.erase(at) : std::next(at);
  }
}

Bytes shipped(Bytes record) {
  if (STATOR_SEEDED_BUG(repair_ships_one_version)) {
    Record whole = *decode_record(record);
    while (whole.versions.size() > 1) whole.versions.erase(whole.versions.begin());
    return encode_record(whole);
  }
  return record;
}

// A stamp too far in the future, a record too old to be believed, a key that was collected meanwhile, a copy that the
// other side is not sure of or cannot read, a value that one side has no room for: it is left as it is, the others are
// not.
bool refused_alone(Code code) {
  return code == Code::invalid_argument || code == Code::deadline_exceeded || code == Code::failed_precondition ||
         code == Code::unavailable || code == Code::data_loss || code == Code::storage_full;
}

}  // namespace

LeafRepair::LeafRepair(const RepairTools& tools, RepairLine& line, RepairKeyspace& repair, std::vector<Task> tasks,
                       Done done)
    : tools_(tools),
      line_(line),
      repair_(repair),
      tasks_(std::make_move_iterator(tasks.begin()), std::make_move_iterator(tasks.end())),
      done_(std::move(done)) {}

bool LeafRepair::young(Stamp stamp) const {
  const std::uint64_t wall = tools_.executor.wall_millis();
  const std::uint64_t written = stamp.millis();
  return written < wall + kYoungMillis && wall < written + kYoungMillis;
}

void LeafRepair::next_batch() {
  leaves_.clear();
  partitions_.clear();
  if (tasks_.empty()) {
    tools_.executor.post([self = shared_from_this()] { self->finish(); });
    return;
  }
  LeafRequest request{repair_.keyspace.rules.name, {}};
  for (; !tasks_.empty() && leaves_.size() < kBatchLeaves; tasks_.pop_front()) {
    const Task& task = tasks_.front();
    const Partition partition = partition_of_leaf(task.leaf);
    leaves_[task.leaf].task = task;
    request.leaves.push_back({task.leaf, task.from, {}});
    repair_.leases.take(partition, line_.peer(), tools_.executor.now());
  }
  line_.ask(
      "leaf",
      [request = std::move(request)](const PeerRequestHead& head, TimePoint now) {
        return encode_leaf_request(request, head, now);
      },
      [self = shared_from_this()](const Result<Frame>& reply) { self->on_entries(reply); });
}

void LeafRepair::on_entries(const Result<Frame>& reply) {
  if (!reply.is_ok()) return fail(reply.status());
  const Result<LeafReply> told = decode_leaf_reply(**reply);
  if (!told.is_ok()) return fail(told.status());
  for (std::uint32_t busy : told->busy) outcome_.busy.insert(static_cast<Partition>(busy));
  for (std::uint32_t unsure : told->unsure) outcome_.unsure.insert(static_cast<Partition>(unsure));
  std::set<std::uint32_t> answered;
  for (const LeafEntries& entries : told->leaves) {
    auto leaf = leaves_.find(entries.leaf);
    if (leaf == leaves_.end()) continue;
    answered.insert(entries.leaf);
    for (const LeafEntries::Entry& entry : entries.entries) leaf->second.theirs[entry.hash] = entry.newest;
    leaf->second.next = entries.next;
  }
  std::erase_if(leaves_, [&](const auto& leaf) {
    if (answered.contains(leaf.first)) return false;
    // There was no room for it: the next batch asks again.
    if (!answered.empty() && !outcome_.busy.contains(partition_of_leaf(leaf.first))) tasks_.push_back(leaf.second.task);
    return true;
  });
  for (const auto& [number, leaf] : leaves_) {
    if (partitions_.empty() || partitions_.back() != partition_of_leaf(number))
      partitions_.push_back(partition_of_leaf(number));
  }
  scan_own(0);
}

void LeafRepair::scan_own(std::size_t partition_index) {
  if (partition_index == partitions_.size()) return compare();
  const Partition partition = partitions_[partition_index];
  LeafSet wanted = 0;
  for (const auto& [number, leaf] : leaves_) {
    if (partition_of_leaf(number) == partition) wanted |= LeafSet{1} << (number % MerkleTree::kLeaves);
  }
  scan_leaves(
      {tools_.executor, tools_.cpu}, {*repair_.keyspace.store, repair_.keyspace.id, partition}, wanted,
      [this, partition](const LeafCopy& copy) {
        Leaf& leaf = leaves_.at(partition * MerkleTree::kLeaves + MerkleTree::leaf_of(copy.key_hash));
        const std::uint64_t entry = copy.entry();
        if (entry < leaf.task.from || (leaf.next != 0 && entry >= leaf.next)) return;
        leaf.own[entry] = {Bytes(copy.key), newest_stamp(copy.copy)};
      },
      [self = shared_from_this(), partition_index](const Status& outcome) {
        if (!outcome.is_ok()) return self->fail(outcome);
        self->scan_own(partition_index + 1);
      });
}

void LeafRepair::compare() {
  for (auto& [number, leaf] : leaves_) {
    if (leaf.next != 0) tasks_.push_front({number, leaf.task.patient, leaf.task.eager, leaf.next});
    compare_leaf(leaf);
  }
  fetching_ = true;
  step_done();
}

// Takes out what is on its way; false if the whole leaf is left alone because of it.
bool LeafRepair::drop_young(Leaf& leaf) {
  if (leaf.task.eager) return true;
  const std::size_t before = leaf.own.size() + leaf.theirs.size();
  std::erase_if(leaf.own, [this](const auto& entry) { return young(entry.second.newest); });
  std::erase_if(leaf.theirs, [this](const auto& entry) { return young(entry.second); });
  const bool any = leaf.own.size() + leaf.theirs.size() < before;
  if (any && leaf.task.patient) outcome_.writing.insert(partition_of_leaf(leaf.task.leaf));
  return !any || !leaf.task.patient;
}

// Where both sides have something the other lacks it is mostly one key, and one transfer will do if it goes from the
// newer to the older: so the side that is ahead begins.
void LeafRepair::compare_leaf(Leaf& leaf) {
  const Partition partition = partition_of_leaf(leaf.task.leaf);
  if (STATOR_SEEDED_BUG(leaf_sizes_compared) && leaf.own.size() == leaf.theirs.size())
    leaf.own.clear(), leaf.theirs.clear();
  drop_common(leaf.own, leaf.theirs);
  if (!drop_young(leaf)) return;
  outcome_.settled.insert(partition);
  if (leaf.own.empty() && leaf.theirs.empty()) return;
  repaired_.insert(partition);
  Stamp ours;
  for (const auto& [hash, own] : leaf.own) ours = std::max(ours, own.newest);
  const bool push_first = ours > newest_of(leaf.theirs);
  for (auto& [hash, own] : leaf.own) {
    Push item{partition, std::move(own.key)};
    if (push_first) {
      pushes_.push_back(std::move(item));
    } else {
      unless_fetched_[item.key] = std::move(item);
    }
  }
  if (push_first) return;
  LeafQuestion question{leaf.task.leaf, 0, {}};
  for (const auto& [hash, stamp] : leaf.theirs) question.wanted.push_back(hash);
  wanted_.push_back(std::move(question));
}

// Called whenever one of the things under way has ended.
void LeafRepair::step_done() {
  if (under_way_ > 0 && fetching_) return;
  if (!done_) return;
  if (fetching_ && !wanted_.empty()) return fetch();
  if (fetching_) {
    fetching_ = false;
    for (auto& [key, item] : unless_fetched_) pushes_.push_back(std::move(item));
    unless_fetched_.clear();
  }
  push();
}

void LeafRepair::fetch() {
  LeafRequest request{repair_.keyspace.rules.name, {}};
  for (std::size_t room = kWantedAtOnce; room > 0 && !wanted_.empty();) {
    LeafQuestion& front = wanted_.front();
    LeafQuestion question{front.leaf, 0, {}};
    for (; room > 0 && !front.wanted.empty(); --room) {
      question.wanted.push_back(front.wanted.back());
      front.wanted.pop_back();
    }
    if (front.wanted.empty()) wanted_.pop_front();
    request.leaves.push_back(std::move(question));
  }
  ++under_way_;
  line_.ask(
      "leaf",
      [request = std::move(request)](const PeerRequestHead& head, TimePoint now) {
        return encode_leaf_request(request, head, now);
      },
      [self = shared_from_this(), born = tools_.stamps.birth()](const Result<Frame>& reply) {
        self->on_records(born, reply);
      });
}

void LeafRepair::on_records(Stamp born, const Result<Frame>& reply) {
  --under_way_;
  if (!done_) return;
  if (!reply.is_ok()) return fail(reply.status());
  const Result<LeafReply> told = decode_leaf_reply(**reply);
  if (!told.is_ok()) return fail(told.status());
  for (std::uint32_t busy : told->busy) outcome_.busy.insert(static_cast<Partition>(busy));
  const int bits = repair_.keyspace.current_placement()->partition_bits;
  for (const RepairRecord& record : told->records) {
    const Partition partition = partition_of(key_token(repair_.keyspace.rules.name, record.key), bits);
    merge({partition, record.key}, record.record, born);
    if (!done_) return;
  }
  step_done();
}

void LeafRepair::merge(Push at, BytesView record, Stamp born) {
  if (at.key.empty()) return fail({Code::data_loss, line_.peer() + " sent a record without a key"});
  Result<Record> decoded = decode_record(record);
  const std::uint64_t fetched = record_digest(record);
  ++under_way_;
  if (!decoded.is_ok()) {
    Status unreadable(Code::data_loss, line_.peer() + " sent a record that is none");
    return tools_.executor.post([self = shared_from_this(), at = std::move(at), fetched,
                                 unreadable = std::move(unreadable)] { self->on_merged(at, fetched, unreadable); });
  }
  ++outcome_.pulled;
  ++tools_.counters.pulled;
  if (STATOR_SEEDED_BUG(repair_overwrites)) {
    Bytes where = data_key(at.partition, repair_.keyspace.id, at.key);
    repair_.keyspace.store->committer().commit(
        tools_.executor,
        {std::move(where), encode_copy({std::move(*decoded), {}}),
         [self = shared_from_this(), at, fetched](const Status&) { self->on_merged(at, fetched, fetched); }});
    return;
  }
  RepairCopy copy{at.partition, at.key, {std::move(*decoded), born}};
  tools_.merge_own(
      repair_.keyspace, std::move(copy),
      [self = shared_from_this(), at = std::move(at), fetched](const Result<std::uint64_t>& merged) mutable {
        self->on_merged(std::move(at), fetched, merged);
      });
}

void LeafRepair::on_merged(Push at, std::uint64_t fetched, const Result<std::uint64_t>& merged) {
  --under_way_;
  if (!done_) return;
  const bool refused = !merged.is_ok() && refused_alone(merged.status().code());
  if (!merged.is_ok() && !refused) return fail(merged.status());
  if (!merged.is_ok()) note_alone(merged.status());
  unless_fetched_.erase(at.key);
  // What was fetched back after sending is the peer's word on the key for this time.
  if (fetching_ && !refused && *merged != fetched) pushes_.push_back(std::move(at));
  step_done();
}

void LeafRepair::push() {
  Store& store = *repair_.keyspace.store;
  while (done_ && !pushes_.empty() && under_way_ < kPushesAtOnce) {
    Push item = std::move(pushes_.front());
    pushes_.pop_front();
    if (store.readers() == nullptr) {
      push_one(item);
      continue;
    }
    ++under_way_;
    std::vector<Bytes> key{data_key(item.partition, repair_.keyspace.id, item.key)};
    read_copies_ahead(store, tools_.executor, std::move(key), [self = shared_from_this(), item = std::move(item)] {
      --self->under_way_;
      if (self->done_) self->push_one(item);
      self->push();
    });
  }
  if (done_ && pushes_.empty() && under_way_ == 0) next_batch();
}

void LeafRepair::push_one(const Push& item) {
  const Stamp born = tools_.stamps.birth();
  const KeyAddress at{*repair_.keyspace.store, item.partition, repair_.keyspace.id, item.key};
  Result<Replica::Held> held = tools_.replica.held(at, false);
  if (!held.is_ok() && held.status().code() != Code::data_loss) return fail(held.status());
  if (!held.is_ok()) return note_alone(held.status());
  if (held->digest == 0) return;
  const Result<Record> record = decode_record(held->record);
  if (!record.is_ok()) return note_alone({Code::data_loss, record.status().message()});
  ++under_way_;
  ++outcome_.pushed;
  ++tools_.counters.pushed;
  line_.ask(
      record->live() ? "put" : "delete",
      [this, key = item.key, record = shipped(std::move(held->record)), removal = !record->live(), born](
          const PeerRequestHead& head, TimePoint now) {
        return encode_replicate(repair_.keyspace.rules.name, key, record, removal, {head.deadline, {}, born, true},
                                now);
      },
      [self = shared_from_this(), item, sent = held->digest](const Result<Frame>& reply) {
        self->on_pushed(item, sent, reply);
      });
}

void LeafRepair::on_pushed(const Push& item, std::uint64_t sent, const Result<Frame>& reply) {
  --under_way_;
  if (!done_) return;
  if (!reply.is_ok()) return fail(reply.status());
  const Result<PeerReplyMessage> told = decode_peer_reply(**reply);
  if (!told.is_ok()) return fail(told.status());
  const bool refused = told->failure && refused_alone(told->failure->status.code());
  if (told->failure && !refused) return fail(told->failure->status);
  if (told->failure) note_alone(told->failure->status);
  if (!told->failure && told->state.digest != sent && !STATOR_SEEDED_BUG(repair_ships_one_version))
    return fetch_back(item);
  push();
}

// The peer had something of its own, and has both now.
void LeafRepair::fetch_back(const Push& item) {
  ++under_way_;
  line_.ask(
      "get",
      [this, key = item.key](const PeerRequestHead& head, TimePoint now) {
        return encode_replica_get(repair_.keyspace.rules.name, key, false, head, now);
      },
      [self = shared_from_this(), item, born = tools_.stamps.birth()](const Result<Frame>& reply) {
        --self->under_way_;
        if (!self->done_) return;
        if (!reply.is_ok()) return self->fail(reply.status());
        const Result<PeerReplyMessage> told = decode_peer_reply(**reply);
        if (!told.is_ok()) return self->fail(told.status());
        // Unavailable: its copies do not count for now. It fetches for itself.
        const Code code = told->failure ? told->failure->status.code() : Code::ok;
        const bool silent = code == Code::unavailable || code == Code::data_loss;
        if (told->failure && !silent) return self->fail(told->failure->status);
        if (silent) self->note_alone(told->failure->status);
        if (silent || told->state.record.empty()) return self->push();
        self->merge(item, told->state.record, born);
      });
}

void LeafRepair::note_alone(const Status& why) {
  if (why.code() == Code::data_loss) outcome_.alone = why;
}

void LeafRepair::fail(Status why) {
  if (!done_) return;
  outcome_.status = std::move(why);
  finish();
}

void LeafRepair::finish() {
  if (!done_) return;
  for (Partition partition : repaired_) outcome_.settled.erase(partition);
  for (Partition partition : outcome_.writing) outcome_.settled.erase(partition);
  for (Partition partition : outcome_.busy) outcome_.settled.erase(partition);
  auto done = std::exchange(done_, nullptr);
  done(std::move(outcome_));
}

}  // namespace stator
