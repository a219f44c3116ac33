#include "kernel/replica/collected_keys.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <utility>

#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {

struct CollectedKeys::Entry {
  Stamp cut;
  std::uint64_t digest = 0;  // of the record that was removed; 0: none was
  Context context;
};

struct CollectedKeys::Entries {
  absl::flat_hash_map<Name, Entry> by_name;

  const Entry* find(Name name) const {
    auto found = by_name.find(name);
    return found == by_name.end() || STATOR_SEEDED_BUG(collection_is_forgotten) ? nullptr : &found->second;
  }
};

CollectedKeys::CollectedKeys() : entries_(std::make_unique<Entries>()) {}

CollectedKeys::~CollectedKeys() = default;

CollectedKeys::Name CollectedKeys::name(const KeyAddress& at) {
  return key_token(at.store.name(), data_key(at.partition, at.keyspace, at.key));
}

void CollectedKeys::guard(Name name, Stamp cut) {
  Entry& entry = entries_->by_name[name];
  entry.cut = std::max(entry.cut, cut);
  order_.emplace_back(entry.cut, name);
}

void CollectedKeys::removed(Name name, std::uint64_t digest, Context context) {
  auto found = entries_->by_name.find(name);
  if (found == entries_->by_name.end()) return;
  found->second.digest = digest;
  found->second.context = std::move(context);
}

void CollectedKeys::forget(Stamp cut) {
  while (!order_.empty() && order_.front().first <= cut) {
    forgotten_ = std::max(forgotten_, order_.front().first);
    auto found = entries_->by_name.find(order_.front().second);
    if (found != entries_->by_name.end() && found->second.cut <= cut) entries_->by_name.erase(found);
    order_.pop_front();
  }
}

bool CollectedKeys::refuses(Name name, Stamp born) const {
  const Entry* entry = entries_->find(name);
  return entry != nullptr && born <= entry->cut;
}

Context CollectedKeys::context(Name name) const {
  const Entry* entry = entries_->find(name);
  return entry == nullptr ? Context() : entry->context;
}

bool CollectedKeys::removed_with(Name name, std::uint64_t digest) const {
  const Entry* entry = entries_->find(name);
  return entry != nullptr && digest != 0 && entry->digest == digest;
}

std::optional<Stamp> CollectedKeys::oldest() const {
  return order_.empty() ? std::nullopt : std::optional(order_.front().first);
}

std::size_t CollectedKeys::size() const { return entries_->by_name.size(); }

}  // namespace stator
