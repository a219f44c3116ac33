#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "kernel/ring/token.h"
#include "stator/mending.h"

namespace stator {

/// The copies of one keyspace in one partition of a store, of which some had to be given up.
struct LostCopies {
  std::uint16_t keyspace = 0;
  Partition partition = 0;

  auto operator<=>(const LostCopies&) const = default;
};

/// What may be missing from a store once some keys were given up. Of hints nothing is said: each was one copy of what
/// others hold too, and who asks for one that is gone finds none.
struct Loss {
  std::set<LostCopies> copies;
  bool notes = false;  ///< of the node itself
  bool cuts = false;   ///< of collections
};

/// What lies in these ranges of storage keys, in a store with these keyspaces.
Loss loss_of(const std::vector<KeyRange>& ranges, const std::vector<std::uint16_t>& keyspaces, std::size_t partitions);

}  // namespace stator
