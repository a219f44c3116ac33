#include "datatype_replica.h"

#include <algorithm>

namespace stator::testing {

Items DataTypeReplica::items(const Context* observed) const {
  std::vector<Item> items;
  items.reserve(items_.size());
  for (const auto& [place, content] : items_) {
    const auto& [field, dot] = place;
    items.push_back({dot, content.stamp, field, content.value, observed == nullptr || observed->covers(dot)});
  }
  return Items(std::move(items));
}

void DataTypeReplica::apply(const Change& change) {
  const std::set<Dot> replaced(change.replaced.begin(), change.replaced.end());
  std::erase_if(items_, [&](const auto& item) { return replaced.contains(item.first.second); });
  clock_.bits += 1;
  for (const Change::Addition& addition : change.added) {
    const Dot dot{actor_, context_.counter(actor_) + 1};
    context_.add(dot);
    items_.emplace(std::pair(addition.field, dot), Content{clock_, addition.value});
  }
}

void DataTypeReplica::join(const DataTypeReplica& other) {
  std::erase_if(items_, [&](const auto& item) {
    return !other.items_.contains(item.first) && other.context_.covers(item.first.second);
  });
  for (const auto& [place, content] : other.items_) {
    if (!context_.covers(place.second)) items_.emplace(place, content);
  }
  context_.merge(other.context_);
  clock_ = std::max(clock_, other.clock_);
}

void DataTypeReplica::mint_epoch() { actor_.epoch.bits = ++clock_.bits; }

}  // namespace stator::testing
