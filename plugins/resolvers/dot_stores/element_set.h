#pragma once

#include <cstddef>
#include <span>

#include "dot_stores/arguments.h"
#include "dot_stores/draft.h"

// A set whose adds win over the removes that have not seen them: the optimised observed-remove set of Bieniusa et al.,
// "An Optimized Conflict-free Replicated Set", 2012. An item of it is one add: the set's prefix and the element are its
// field, and its value is empty. [concurrent]

namespace stator::dot_stores {

/// add, add_all, remove and remove_all.
Status update_set(Draft& draft, BytesView prefix, const Json& call);

/// The elements as a JSON array, ascending by their bytes. `items` are all of the set, whose prefix is so long.
Bytes read_set(std::span<const Item> items, std::size_t prefix_size);

}  // namespace stator::dot_stores
