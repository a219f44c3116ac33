#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/healing/byte_budget.h"
#include "kernel/healing/cpu_share.h"
#include "kernel/healing/peer_repair.h"
#include "kernel/healing/repair_counters.h"
#include "kernel/healing/tree_builder.h"

namespace stator {

/// One loop's share of anti-entropy: makes the trees of its partitions and keeps them, and compares its groups of
/// partitions with every peer that holds some of them. [its loop]
class AntiEntropy {
 public:
  struct Options {
    Duration interval = std::chrono::seconds(10);  ///< zero: nothing is compared, and no tree is made
    std::uint64_t bytes_per_second = 16 << 20;     ///< of this loop
    double cpu_share = 0.25;                       ///< of this loop's time
  };
  struct Parts {
    Executor& executor;
    Replica& replica;
    PeerLinks& links;
    Stamps& stamps;
    RepairTools::MergeOwn merge_own;
    RepairTools::Equal equal;
    RepairCounters& counters;
    LastComparison& last;
  };

  /// `plan.interval` is not read. Everything named outlives it.
  AntiEntropy(Parts parts, RepairPlan plan, const Options& options);

  void begin();
  void end();
  /// A round with every peer now, of one keyspace alone or of all.
  void hurry(const RepairKeyspace* only = nullptr);
  /// The loop's time for it, that others ask for too.
  CpuShare& cpu() { return cpu_; }

  TreeBuilder& builder() { return builder_; }
  /// Questions of its comparisons that wait for the budget or for their answer.
  std::size_t under_way() const;

 private:
  std::vector<TreeBuilder::Kept> kept() const;
  void meet_peers();

  Executor& executor_;
  RepairPlan plan_;
  ByteBudget budget_;
  CpuShare cpu_;
  RepairTools tools_;
  LastComparison& last_;
  TreeBuilder builder_;
  std::map<std::string, std::unique_ptr<PeerRepair>> peers_;
  std::vector<std::shared_ptr<const Placement>> placements_;  // that the peers were taken from
  TimerId timer_ = 0;
};

}  // namespace stator
