#pragma once

#include <span>

#include "dot_stores/arguments.h"
#include "dot_stores/draft.h"

// A register: an item of it is one set, and its value is JSON. Of several, made at once, the one with the greatest
// stamp shows; of equal stamps the one with the greater dot. [concurrent]

namespace stator::dot_stores {

/// Sets the register at the field to any JSON.
void put_register(Draft& draft, Bytes field, const Json& value);

/// The value that shows. `items` are all of the register, at least one.
Bytes read_register(std::span<const Item> items);

}  // namespace stator::dot_stores
