#include "tests/simulation/histories/fault_plan.h"

#include <algorithm>
#include <numeric>

namespace stator::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t index_of(FaultKind kind) { return static_cast<std::size_t>(kind); }

/// Kinds that add_loss_of_a_disk alone may plan.
constexpr FaultKind kLossesOfDisks[] = {FaultKind::wipe, FaultKind::keep_copy, FaultKind::copy_at_rest,
                                        FaultKind::restore_copy, FaultKind::damaged_byte};

}  // namespace

FaultPlanner::FaultPlanner(Dice& dice, const Configuration& configuration)
    : dice_(dice), configuration_(configuration) {
  for (std::size_t kind = 0; kind < kFaultsByChance; ++kind) weights_[kind] = dice_.one_in(3) ? 0 : 1 + dice_.below(8);
  for (FaultKind kind : kLossesOfDisks) weights_[index_of(kind)] = 0;
  if (std::accumulate(weights_.begin(), weights_.end(), std::size_t{0}) == 0)
    weights_[index_of(FaultKind::power_cut)] = 1;
  gap_ = std::max<Duration>(milliseconds(dice_.pick({150, 400, 1000, 4000})), configuration_.least_gap);
}

FaultKind FaultPlanner::any_kind() {
  std::size_t roll = dice_.below(std::accumulate(weights_.begin(), weights_.end(), std::size_t{0}));
  for (std::size_t kind = 0; kind < kFaultKinds; ++kind) {
    if (roll < weights_[kind]) return static_cast<FaultKind>(kind);
    roll -= weights_[kind];
  }
  return FaultKind::power_cut;
}

void FaultPlanner::add_round(std::vector<FaultStep>& steps, std::uint8_t round) {
  const auto begin = static_cast<std::ptrdiff_t>(steps.size());
  for (Duration at = dice_.between(Duration(0), gap_); at < configuration_.round;
       at += dice_.between(milliseconds(1), gap_)) {
    FaultStep step{.at = at, .kind = any_kind(), .round = round, .node = any_node()};
    step.lasts = dice_.between(milliseconds(1), milliseconds(dice_.pick({100, 400, 1500, 5000})));
    add(steps, step);
  }
  std::erase_if(steps, [this](const FaultStep& step) { return step.at >= configuration_.round; });
  std::optional<std::uint8_t> lost;
  for (std::size_t disk = 0; disk < configuration_.disks_lost; ++disk) lost = add_loss_of_a_disk(steps, round, lost);
  std::stable_sort(steps.begin() + begin, steps.end(),
                   [](const FaultStep& a, const FaultStep& b) { return a.at < b.at; });
}

// Most jumps are small enough to be believed; some are not.
std::int64_t FaultPlanner::any_clock_jump() {
  const auto skew = static_cast<std::size_t>(configuration_.max_clock_skew.count());
  const auto size =
      static_cast<std::int64_t>(dice_.one_in(4) ? skew * 4 / 5 + dice_.below(2 * skew) : dice_.below(skew / 2));
  return dice_.one_in(2) ? size : -size;
}

void FaultPlanner::add(std::vector<FaultStep>& steps, FaultStep step) {
  switch (step.kind) {
    case FaultKind::cut_split:
    case FaultKind::cut_bridge: return add_partition(steps, step);
    case FaultKind::cut_one_way:
      step.other =
          static_cast<std::uint8_t>((step.node + 1 + dice_.below(configuration_.nodes - 1)) % configuration_.nodes);
      break;
    case FaultKind::lossy_spell: step.amount = dice_.pick({100, 300, 600}); break;
    case FaultKind::other_timeout: step.amount = dice_.pick({50, 150, 400, 2000}); break;
    case FaultKind::clock_jump:
    case FaultKind::clock_drift: step.amount = any_clock_jump(); break;
    case FaultKind::torn_write: step.amount = static_cast<std::int64_t>(dice_.bits() >> 1); break;
    default: break;
  }
  steps.push_back(step);
}

// Two halves, whose links are cut one by one and come back in another order. With a bridge, the victim is in neither.
void FaultPlanner::add_partition(std::vector<FaultStep>& steps, FaultStep step) {
  const std::uint64_t side = dice_.bits();
  const bool bridged = step.kind == FaultKind::cut_bridge;
  const Duration spread = dice_.between(Duration(0), milliseconds(300));
  for (std::size_t from = 0; from < configuration_.nodes; ++from) {
    for (std::size_t to = 0; to < configuration_.nodes; ++to) {
      if (((side >> from) & 1) == ((side >> to) & 1)) continue;
      if (bridged && (from == step.node || to == step.node)) continue;
      FaultStep cut = step;
      cut.at += dice_.between(Duration(0), spread);
      cut.lasts += dice_.between(Duration(0), spread);
      cut.node = static_cast<std::uint8_t>(from);
      cut.other = static_cast<std::uint8_t>(to);
      steps.push_back(cut);
    }
  }
}

std::uint8_t FaultPlanner::add_loss_of_a_disk(std::vector<FaultStep>& steps, std::uint8_t round,
                                              std::optional<std::uint8_t> other_than) {
  FaultStep loss{
      .at = dice_.between(configuration_.round / 4, configuration_.round), .round = round, .node = any_node()};
  if (loss.node == other_than) loss.node = static_cast<std::uint8_t>((loss.node + 1) % configuration_.nodes);
  loss.lasts = dice_.between(milliseconds(1), seconds(3));
  constexpr FaultKind kKinds[] = {FaultKind::wipe, FaultKind::restore_copy, FaultKind::restore_copy,
                                  FaultKind::damaged_byte};
  loss.kind = kKinds[dice_.below(std::size(kKinds))];
  loss.amount = static_cast<std::int64_t>(dice_.bits() >> 1);
  if (loss.kind == FaultKind::restore_copy) {
    FaultStep copy = loss;
    copy.kind = FaultKind::keep_copy;
    copy.at = dice_.between(Duration(0), loss.at);
    // So old that peers can tell, whatever clocks have done: else the marks in it are taken for good, see
    // docs/decisions on what a node has forgotten ("Cost").
    const Duration least_age = seconds(5) + 4 * configuration_.max_clock_skew;
    if (loss.at > least_age && dice_.one_in(2)) {
      copy.kind = FaultKind::copy_at_rest;
      copy.at = dice_.between(Duration(0), loss.at - least_age);
      copy.lasts = milliseconds(50);
    }
    steps.push_back(copy);
  }
  steps.push_back(loss);
  return loss.node;
}

}  // namespace stator::simulation
