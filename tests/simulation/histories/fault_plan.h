#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/simulation/histories/dice.h"
#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// Decides what goes wrong and when, by weights that are thrown once for the whole history: some kinds never come,
/// others often. It never destroys more than was promised to survive: one disk a round, or two. [serial]
class FaultPlanner {
 public:
  /// Both outlive it.
  FaultPlanner(Dice& dice, const Configuration& configuration);
  /// Appends the steps of one round, in the order of time.
  void add_round(std::vector<FaultStep>& steps, std::uint8_t round);

 private:
  FaultKind any_kind();
  void add(std::vector<FaultStep>& steps, FaultStep step);
  void add_partition(std::vector<FaultStep>& steps, FaultStep step);
  /// Of which node.
  std::uint8_t add_loss_of_a_disk(std::vector<FaultStep>& steps, std::uint8_t round,
                                  std::optional<std::uint8_t> other_than);
  std::uint8_t any_node() { return static_cast<std::uint8_t>(dice_.below(configuration_.nodes)); }
  std::int64_t any_clock_jump();

  Dice& dice_;
  const Configuration& configuration_;
  std::array<std::size_t, kFaultKinds> weights_{};
  Duration gap_;  ///< at most, between two
};

}  // namespace stator::simulation
