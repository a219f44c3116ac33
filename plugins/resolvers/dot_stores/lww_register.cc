#include "dot_stores/lww_register.h"

#include <algorithm>
#include <tuple>

namespace stator::dot_stores {

void put_register(Draft& draft, Bytes field, const Json& value) { draft.put(std::move(field), value.dump()); }

Bytes read_register(std::span<const Item> items) {
  const auto newest = std::max_element(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::tie(a.stamp, a.dot) < std::tie(b.stamp, b.dot);
  });
  return Bytes(newest->value);
}

}  // namespace stator::dot_stores
