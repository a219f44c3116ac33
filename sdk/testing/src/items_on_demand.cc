#include "stator/testing/items_on_demand.h"

namespace stator::testing {

std::optional<Item> ItemsOnDemand::given(const Dot& dot) const {
  if (!given_.contains(dot)) return std::nullopt;
  return items_.given({dot}).front();
}

std::span<const Item> ItemsOnDemand::give(std::span<const Item> items) {
  count_ += items.size();
  for (const Item& item : items) given_.insert(item.dot);
  return answers_.emplace_back(items.begin(), items.end());
}

}  // namespace stator::testing
