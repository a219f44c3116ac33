#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/histories/plan.h"

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
  double budget = 0;  ///< CPU seconds for each bug, from seed 1 on; 0: where and as long as is noted for it
  std::vector<std::string> names;  ///< empty: all
  PlanOptions plan;                ///< with a budget in CPU seconds
};

/// Makes each mistake in turn, in a process of its own, and runs histories until one is
/// violated or the process aborts over a broken invariant. Prints for each the seed, the CPU seconds and what was
/// found. How many were not found within their budget.
std::size_t run_catalogue(const CatalogueOptions& options);

}  // namespace stator::simulation
