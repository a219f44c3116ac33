#include "kernel/healing/hint_queue.h"

#include <algorithm>
#include <utility>

#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

// Hints of keyspaces with longer windows may be in front of those that are too old; so far back these are looked for.
constexpr int kLookedAt = 64;

}  // namespace

HintQueue::Entry& HintQueue::change(const HintId& id, const HintFacts& facts) {
  auto [at, fresh] = entries_.try_emplace(id);
  Entry& entry = at->second;
  entry.generation = ++last_generation_;
  if (fresh) {
    entry.facts = facts;
    entry.queued = entry.generation;
    order_.emplace(entry.queued, at);
  } else {
    bytes_[id.keyspace] -= entry.facts.bytes;
    entry.facts.by_reference = entry.facts.by_reference && facts.by_reference;
    entry.facts.bytes = std::max(entry.facts.bytes, facts.bytes);
  }
  bytes_[id.keyspace] += entry.facts.bytes;
  return entry;
}

void HintQueue::note(const HintId& id, const HintFacts& facts) { ++change(id, facts).writing; }

void HintQueue::written(const HintId& id) {
  auto at = entries_.find(id);
  if (at != entries_.end() && at->second.writing > 0) --at->second.writing;
}

void HintQueue::found(const HintId& id, const HintFacts& facts) { change(id, facts); }

HintQueue::Due HintQueue::begin(Entries::iterator at) {
  at->second.sending = true;
  return {at->first, at->second.generation, at->second.facts};
}

std::optional<HintQueue::Due> HintQueue::next(TimePoint now) {
  for (auto& [queued, at] : order_) {
    if (at->second.due(now)) return begin(at);
  }
  return std::nullopt;
}

std::optional<TimePoint> HintQueue::next_at() const {
  std::optional<TimePoint> first;
  for (const auto& [queued, at] : order_) {
    if (at->second.rests() && (!first || at->second.not_before < *first)) first = at->second.not_before;
  }
  return first;
}

std::optional<HintQueue::Due> HintQueue::next_older_than(std::uint64_t since_ms, TimePoint now) {
  int looked_at = 0;
  for (auto& [queued, at] : order_) {
    if (++looked_at > kLookedAt) break;
    if (at->second.facts.since_ms < since_ms && at->second.due(now)) return begin(at);
  }
  return std::nullopt;
}

std::vector<HintQueue::Due> HintQueue::older_than(const std::string& keyspace, std::uint64_t since_ms) const {
  std::vector<Due> old;
  for (const auto& [id, entry] : entries_) {
    if (entry.rests() && id.keyspace == keyspace && entry.facts.since_ms < since_ms)
      old.push_back({id, entry.generation, entry.facts});
  }
  return old;
}

bool HintQueue::delivered(const HintId& id, std::uint64_t generation) {
  auto at = entries_.find(id);
  if (at == entries_.end()) return false;
  Entry& entry = at->second;
  entry.sending = false;
  if (entry.generation != generation && !STATOR_SEEDED_BUG(hint_generation_ignored)) {
    order_.erase(entry.queued);
    entry.queued = entry.generation;
    order_.emplace(entry.queued, at);
    return false;
  }
  erase(at);
  return true;
}

void HintQueue::failed(const HintId& id, TimePoint again) {
  auto at = entries_.find(id);
  if (at == entries_.end()) return;
  at->second.sending = false;
  at->second.not_before = again;
}

void HintQueue::drop(const HintId& id) {
  auto at = entries_.find(id);
  if (at != entries_.end()) erase(at);
}

void HintQueue::erase(Entries::iterator at) {
  bytes_[at->first.keyspace] -= at->second.facts.bytes;
  order_.erase(at->second.queued);
  entries_.erase(at);
}

bool HintQueue::any_for(Partition partition) const {
  auto at = entries_.lower_bound({partition, {}, {}});
  return at != entries_.end() && at->first.partition == partition;
}

const HintFacts* HintQueue::find(const HintId& id) const {
  auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second.facts;
}

std::uint64_t HintQueue::bytes(const std::string& keyspace) const {
  auto at = bytes_.find(keyspace);
  return at == bytes_.end() ? 0 : at->second;
}

std::uint64_t HintQueue::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [keyspace, bytes] : bytes_) sum += bytes;
  return sum;
}

std::uint64_t HintQueue::oldest_ms() const {
  return order_.empty() ? 0 : order_.begin()->second->second.facts.since_ms;
}

std::size_t HintQueue::queued_up_to(std::uint64_t generation) const {
  return static_cast<std::size_t>(std::distance(order_.begin(), order_.upper_bound(generation)));
}

}  // namespace stator
