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
  /// Several times what histories come to.
  struct Limits {
    std::size_t events = 5000;
    std::size_t pending = 500;           ///< copies on their way to disk
    std::size_t reading = 500;           ///< tasks that wait for a read
    std::size_t repairs = 64;            ///< of reads, as the coordinator has it
    std::size_t questions = 64;          ///< of anti-entropy
    std::size_t requests = 100;          ///< of a node, its own and those it sends to others
    std::size_t requests_a_client = 20;  ///< and so many more
    std::size_t bytes_sent = std::size_t{1} << 20;
  };
  explicit Bounds(Parts parts) : Bounds(parts, Limits()) {}
  Bounds(Parts parts, const Limits& limits) : parts_(parts), limits_(limits) {}

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
  const Limits limits_;
};

}  // namespace stator::simulation
