#include "kernel/replica/read_ahead.h"

#include <numeric>

#include "kernel/invariant.h"
#include "kernel/replica/storage_keys.h"

namespace stator {
namespace {

// A key that is committed faster than it can be read is in memory; its last read is then made on the loop.
constexpr int kMostTries = 4;

// Whoever reads them again is told what is wrong with them.
void read_needed_rows(Storage& storage, BytesView storage_key, const ReadAhead::Stored& stored,
                      const std::vector<RowNeeds>& needs) {
  if (needs.empty() || !stored.is_ok() || !*stored || !is_head(**stored)) return;
  const std::optional<DataKey> at = parse_data_key(storage_key);
  const Result<Head> head = decode_head(**stored);
  if (!at || !head.is_ok()) return;
  RowReader rows(storage, rows_prefix(at->partition, at->keyspace, at->key), nullptr);
  for (const RowNeeds& need : needs) need(*head, rows);
}

}  // namespace

RowNeeds all_rows() {
  return [](const Head&, RowReader& rows) { (void)rows.all(); };
}

void ReadAhead::read(const KeyAddress& at, Bytes storage_key, RowNeeds needs, Then then) {
  STATOR_INVARIANT(at.store.readers() != nullptr, "only what may block is read ahead");
  const auto [entry, fresh] = reading_.try_emplace(Key(&at.store, std::move(storage_key)));
  Reading& reading = entry->second;
  reading.waiting.push_back({at.partition, at.keyspace, Bytes(at.key), std::string(at.hint_for), std::move(then)});
  if (needs) reading.needs.push_back(std::move(needs));
  if (!fresh) return;
  reading.store = &at.store;
  begin(entry->first, reading);
}

void ReadAhead::begin(const Key& key, Reading& reading) {
  ++reading.tries;
  auto read = [store = reading.store, storage_key = key.second, needs = std::exchange(reading.needs, {})] {
    Stored stored = store->storage().get(storage_key);
    read_needed_rows(store->storage(), storage_key, stored, needs);
    return stored;
  };
  read_with(reading.store->readers(), executor_, std::move(read),
            [this, key, changes = reading.changes](Stored stored) { end(key, changes, std::move(stored)); });
}

void ReadAhead::end(const Key& key, std::uint64_t changes, Stored stored) {
  const auto entry = reading_.find(key);
  STATOR_INVARIANT(entry != reading_.end(), "a read that is under way has its entry");
  Reading& reading = entry->second;
  const bool overtaken = reading.changes != changes;
  overtaken_ += overtaken ? 1 : 0;
  const bool wanting = overtaken || !reading.needs.empty();
  if (wanting && reading.tries < kMostTries) return begin(entry->first, reading);
  std::deque<Waiting> waiting = std::move(reading.waiting);
  Store& store = *reading.store;
  reading_.erase(entry);
  const std::pair<Key, Stored> held(key, std::move(stored));
  at_hand_ = overtaken ? nullptr : &held;
  for (Waiting& task : waiting) task.then({store, task.partition, task.keyspace, task.key, task.hint_for});
  at_hand_ = nullptr;
}

const ReadAhead::Stored* ReadAhead::at_hand(const Store& store, BytesView storage_key) const {
  if (at_hand_ == nullptr || at_hand_->first.first != &store || at_hand_->first.second != storage_key) return nullptr;
  return &at_hand_->second;
}

void ReadAhead::changed(const Key& key) {
  if (reading_.empty()) return;
  if (const auto entry = reading_.find(key); entry != reading_.end()) ++entry->second.changes;
}

void ReadAhead::changed(const Store& store) {
  for (auto& [key, reading] : reading_) {
    if (key.first == &store) ++reading.changes;
  }
}

std::size_t ReadAhead::waiting() const {
  return std::accumulate(reading_.begin(), reading_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& entry) { return sum + entry.second.waiting.size(); });
}

}  // namespace stator
