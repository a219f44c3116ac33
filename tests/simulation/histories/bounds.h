#pragma once

#include <cstddef>
#include <string>

#include "tests/simulation/cluster.h"
#include "tests/simulation/histories/chronicle.h"
#include "tests/simulation/histories/fault_injector.h"
#include "tests/simulation/histories/truth_table.h"

namespace stator::simulation {

/// Looks at everything in the nodes that may grow, and at where copies lie: queues, hints, what is remembered of
/// collections. [serial]
class Bounds {
 public:
  struct Parts {
    Cluster& cluster;
    Chronicle& chronicle;
    TruthTable& truths;
    const FaultInjector& injector;
    const Configuration& configuration;
  };
  explicit Bounds(Parts parts) : parts_(parts) {}

  /// Judges every node that is up.
  void judge();

 private:
  void judge_queues(SimNode& machine);
  void judge_hints(std::size_t node);
  void judge_collections(SimNode& machine);
  void judge_copies(std::size_t node);
  void at_most(const std::string& who, const char* what, std::size_t count, std::size_t most);
  bool belongs(std::size_t node, const std::string& target, Bytes key);

  Parts parts_;
};

}  // namespace stator::simulation
