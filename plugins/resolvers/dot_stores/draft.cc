#include "dot_stores/draft.h"

#include <utility>

namespace stator::dot_stores {

void Draft::put(Bytes field, Bytes value) {
  for (const Item& item : items_.at(field)) {
    if (item.observed || is_own(item)) replace(item);
  }
  add(std::move(field), std::move(value));
}

void Draft::remove(std::span<const Item> items) {
  for (const Item& item : items) {
    if (item.observed) replace(item);
  }
}

Change Draft::finish() && { return std::move(change_); }

}  // namespace stator::dot_stores
