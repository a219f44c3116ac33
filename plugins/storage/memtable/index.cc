#include "index.h"

#include <algorithm>

namespace stator::memtable {
namespace {

constexpr std::size_t kPrefixSize = 3;
constexpr std::size_t kChunkEntries = 256;
constexpr std::size_t kChunkBytes = 64 << 10;

}  // namespace

/// Copies of neighbouring entries of one group.
struct Index::Chunk {
  struct Item {
    std::size_t key_size;
    std::size_t value_size;
  };
  Bytes bytes;  ///< prefix and suffix of the key, value; of each item in turn
  std::vector<Item> items;
  Bytes resume;  ///< suffix of the last item
  bool more = false;

  bool full() const { return items.size() >= kChunkEntries || bytes.size() >= kChunkBytes; }
  void add(BytesView prefix, const Entry& entry) {
    bytes.append(prefix).append(entry.key()).append(entry.value());
    items.push_back({prefix.size() + entry.key().size(), entry.value().size()});
  }
  bool visit(const Visitor& visitor) const {
    BytesView rest = bytes;
    for (const Item& item : items) {
      if (!visitor(rest.substr(0, item.key_size), rest.substr(item.key_size, item.value_size))) return false;
      rest.remove_prefix(item.key_size + item.value_size);
    }
    return true;
  }
};

// "a" is a|1, "a\0" is a,0|2: a shorter key comes before every longer one that it begins.
Index::Position Index::position(BytesView key) {
  const std::size_t size = std::min(key.size(), kPrefixSize);
  Prefix prefix = 0;
  for (std::size_t i = 0; i < kPrefixSize; ++i) {
    prefix = prefix << 8 | (i < size ? static_cast<unsigned char>(key[i]) : 0U);
  }
  return {prefix << 2 | static_cast<Prefix>(size), key.substr(size)};
}

Bytes Index::prefix_bytes(Prefix prefix) {
  const char bytes[] = {static_cast<char>(prefix >> 18), static_cast<char>(prefix >> 10),
                        static_cast<char>(prefix >> 2)};
  return Bytes(bytes, prefix & 3);
}

void Index::apply(const Mutation& mutation) {
  const Position at = position(mutation.key);
  Shard& shard = this->shard(at.prefix);
  std::lock_guard lock(shard.mutex);
  if (mutation.remove) {
    remove(shard, at);
  } else {
    put(shard, at, mutation.value);
  }
}

void Index::put(Shard& shard, const Position& at, BytesView value) {
  auto [found, made] = shard.groups.try_emplace(at.prefix);
  if (made) {
    std::lock_guard lock(prefixes_mutex_);
    prefixes_.insert(at.prefix);
  }
  Group& group = found->second;
  auto entry = group.lower_bound(at.suffix);
  if (entry != group.end() && entry->key() == at.suffix) {
    bytes_ += value.size() - entry->value().size();
    entry->set_value(value);
    return;
  }
  group.emplace_hint(entry, at.suffix, value);
  bytes_ += (at.prefix & 3) + at.suffix.size() + value.size();
  ++keys_;
}

void Index::remove(Shard& shard, const Position& at) {
  auto found = shard.groups.find(at.prefix);
  if (found == shard.groups.end()) return;
  Group& group = found->second;
  auto entry = group.find(at.suffix);
  if (entry == group.end()) return;
  bytes_ -= (at.prefix & 3) + entry->key().size() + entry->value().size();
  --keys_;
  group.erase(entry);
  if (!group.empty()) return;
  shard.groups.erase(found);
  std::lock_guard lock(prefixes_mutex_);
  prefixes_.erase(at.prefix);
}

std::optional<Bytes> Index::get(BytesView key) const {
  const Position at = position(key);
  const Shard& shard = this->shard(at.prefix);
  std::lock_guard lock(shard.mutex);
  auto group = shard.groups.find(at.prefix);
  if (group == shard.groups.end()) return std::nullopt;
  auto entry = group->second.find(at.suffix);
  if (entry == group->second.end()) return std::nullopt;
  return Bytes(entry->value());
}

std::optional<Index::Prefix> Index::prefix_from(std::uint64_t prefix) const {
  std::lock_guard lock(prefixes_mutex_);
  auto found = prefixes_.lower_bound(static_cast<Prefix>(prefix));
  return found == prefixes_.end() ? std::nullopt : std::optional(*found);
}

void Index::scan(BytesView first, BytesView last, const Visitor& visit) const {
  const Position from = position(first);
  const Position end = position(last);
  for (auto prefix = prefix_from(from.prefix); prefix; prefix = prefix_from(*prefix + 1)) {
    if (!last.empty() && *prefix > end.prefix) return;
    const Position start{*prefix, *prefix == from.prefix ? from.suffix : BytesView()};
    if (!scan_group(start, !last.empty() && *prefix == end.prefix ? &end : nullptr, visit)) return;
  }
}

bool Index::scan_group(const Position& from, const Position* end, const Visitor& visit) const {
  Chunk chunk;
  fill(chunk, from, end);
  for (;;) {
    if (!chunk.visit(visit)) return false;
    if (!chunk.more) return true;
    const Bytes resume = chunk.resume + '\0';  // the least key after it
    fill(chunk, {from.prefix, resume}, end);
  }
}

void Index::fill(Chunk& chunk, const Position& from, const Position* end) const {
  chunk.bytes.clear();
  chunk.items.clear();
  chunk.more = false;
  const Bytes prefix = prefix_bytes(from.prefix);
  const Shard& shard = this->shard(from.prefix);
  std::lock_guard lock(shard.mutex);
  auto group = shard.groups.find(from.prefix);
  if (group == shard.groups.end()) return;
  for (auto entry = group->second.lower_bound(from.suffix); entry != group->second.end(); ++entry) {
    if (end != nullptr && entry->key() >= end->suffix) return;
    chunk.add(prefix, *entry);
    if (!chunk.full()) continue;
    chunk.resume = entry->key();
    chunk.more = true;
    return;
  }
}

}  // namespace stator::memtable
