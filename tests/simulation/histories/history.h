#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/simulation/histories/chronicle.h"
#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// What became of a history. A value.
struct Verdict {
  std::optional<std::string> violation;
  std::uint64_t digest = 0;  ///< of everything that happened, in its order
  std::string trace;         ///< if asked for
  Tally tally;
  Duration virtual_time{0};
  Duration longest_heal{0};  ///< from the last fault until all replicas were equal
};

/// How a cluster is brought to agree once the faults are over.
enum class Healing {
  by_itself,
  by_reads,  ///< everything is read from every replica, again and again
};

class TriedPlugin;

struct RunOptions {
  bool trace = false;
  Healing healing = Healing::by_itself;
  bool acknowledges_before_the_sync = false;  ///< the liar
  const TriedPlugin* tried = nullptr;         ///< in the place of one of the tree; outlives the run
};

/// Runs the plan on a new cluster and judges it: in every round safety under faults, then convergence within bounded
/// virtual time, and then what the healed cluster answers. Deterministic. [one thread]
Verdict run_history(const Plan& plan, const RunOptions& options);

}  // namespace stator::simulation
