#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stator::simulation {

/// A mistake that can be made in this process: one of kernel/seeded_bugs.h or of the memtable's.
struct CatalogueBug {
  std::string_view name;
  std::string_view meaning;
  void (*choose)(std::size_t place);
  std::size_t place;  ///< in its own list

  void make() const { choose(place); }
};

/// All of them.
std::vector<CatalogueBug> catalogue_bugs();

/// Which of the seeded bugs to look for, and for how long.
struct CatalogueOptions {
  std::uint64_t histories = 0;     ///< for each, from seed 1 on; 0: as many as are noted for it, from the seed noted
  std::vector<std::string> names;  ///< empty: all
};

/// Makes each mistake in turn, in a process of its own, and runs histories until one is violated or the process aborts
/// over a broken invariant, and the same history of a kernel without the mistake is not. Prints for each the seed, the
/// CPU seconds and what was found. How many were not found.
std::size_t run_catalogue(const CatalogueOptions& options);

}  // namespace stator::simulation
