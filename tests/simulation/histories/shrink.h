#pragma once

#include <cstddef>

#include "tests/simulation/histories/history.h"
#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

struct Shrunk {
  Plan plan;
  Verdict verdict;  ///< of that plan
  std::size_t runs = 0;
};

/// The smallest part of a plan found, with at most so many runs, whose history still violates something: steps are left
/// out in halves, quarters and so on (Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", 2002).
/// The violation need not stay the same. The plan must violate something. Deterministic.
Shrunk shrink(Plan plan, const RunOptions& options, std::size_t most_runs);

}  // namespace stator::simulation
