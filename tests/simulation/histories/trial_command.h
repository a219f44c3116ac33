#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

struct TrialArguments {
  std::string file;                  ///< the plugin
  std::vector<std::string> options;  ///< KEY=VALUE, of its instances
  std::uint64_t seed = 1;            ///< of the first history
  double hours = 1;                  ///< of virtual time
  std::size_t shrink_runs = 300;
};

/// Runs histories of clusters with the plugin in them, until the time has passed or one is violated, in a process of
/// their own, so that a plugin that crashes or hangs is an answer too; prints what was survived, or the shortest
/// history found that breaks it and how to see it again. Some histories are run twice: a plugin that makes two of one
/// seed is not deterministic. 0: all was survived; 1: it was not; 2: an option is wrong; 78: this is no plugin that can
/// be simulated.
int run_trial(const TrialArguments& arguments);

}  // namespace stator::simulation
