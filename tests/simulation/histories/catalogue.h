#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// Which of the seeded bugs to look for, and for how long.
struct CatalogueOptions {
  double budget = 30;              ///< CPU seconds for each bug
  std::vector<std::string> names;  ///< empty: all
};

/// Makes each mistake of kernel/seeded_bugs.h in turn, runs histories from seed 1 on until one is violated, and prints
/// the seed and the violation. How many were not found within their budget.
std::size_t run_catalogue(const CatalogueOptions& options);

}  // namespace stator::simulation
