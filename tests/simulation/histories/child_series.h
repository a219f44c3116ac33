#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// Histories of consecutive seeds.
struct SeriesPlan {
  PlanOptions plan;
  std::uint64_t seed = 1;  ///< the first
  std::uint64_t histories = 1;
};

/// What a process that ran them said. A value.
struct SeriesOutcome {
  std::optional<std::string> violation;  ///< the first; or how the process ended, over a broken invariant mostly
  std::uint64_t seed = 0;                ///< of the last history that was begun
  double cpu_seconds = 0;
};

/// Runs them in a process of their own, up to the first violation, so that a kernel that aborts takes nothing else with
/// it. `prepare` is called there first. One that takes more than ten minutes of CPU is ended, and has violated nothing.
SeriesOutcome run_in_a_child(const SeriesPlan& series, const std::function<void()>& prepare);

}  // namespace stator::simulation
