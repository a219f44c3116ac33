#pragma once

#include <cstddef>

#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// Which of the seeded bugs to look for, and for how long.
struct CatalogueOptions {
  double budget = 30;     ///< CPU seconds for each bug
  std::size_t share = 0;  ///< of `shares`: every so-manieth bug
  std::size_t shares = 1;
};

/// Makes each mistake of kernel/seeded_bugs.h in turn, runs histories from seed 1 on until one is violated, and prints
/// the seed and the violation. How many were not found within their budget.
std::size_t run_catalogue(const CatalogueOptions& options);

}  // namespace stator::simulation
