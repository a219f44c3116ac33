#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// Which of the seeded bugs to look for, and for how long.
struct CatalogueOptions {
  double budget = 0;  ///< CPU seconds for each bug, from seed 1 on; 0: where and as long as is noted for it
  std::vector<std::string> names;  ///< empty: all
  PlanOptions plan;                ///< with a budget in CPU seconds
};

/// Makes each mistake of kernel/seeded_bugs.h in turn, in a process of its own, and runs histories until one is
/// violated or the process aborts over a broken invariant. Prints for each the seed, the CPU seconds and what was
/// found. How many were not found within their budget.
std::size_t run_catalogue(const CatalogueOptions& options);

}  // namespace stator::simulation
