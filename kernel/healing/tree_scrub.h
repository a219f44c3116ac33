#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "kernel/healing/byte_budget.h"
#include "kernel/healing/merkle_tree.h"
#include "kernel/healing/scrub_counters.h"
#include "kernel/healing/tree_builder.h"

namespace stator {

/// Holds the trees of one loop's partitions against what is stored, one partition after the other, all of them once in
/// a period and then again: what a storage has silently lost, or changed, no write has told any tree.
///
/// Law: of a partition that holds what was written to it no difference is told, whatever is written meanwhile. What it
/// has read of a partition is kept up to date by the same news that the tree is. It passes on all it hears to the
/// builder. [its loop]
class TreeScrub final : public CopyObserver {
 public:
  struct Parts {
    PacedLoop loop;
    const Replica& replica;
    CopyObserver& builder;
    ScrubCounters& counters;
    std::function<void(const CopyRange&)> differs;  ///< what is stored there is not what its tree says
  };
  struct Options {
    Duration period{0};                  ///< zero: nothing is looked at
    std::uint64_t bytes_per_second = 1;  ///< of this loop
    std::uint64_t seed = 0;              ///< with which partition to begin: a node may seldom run for a whole period
  };

  /// All that is named outlives it.
  TreeScrub(Parts parts, const std::vector<TreeBuilder::Kept>& kept, const TreeBuilder::Share& share,
            const Options& options);

  void begin();
  void end();
  /// What was read of the partition that is at work is forgotten: something else than writes has changed it.
  void restart();

  void settled(const KeyAddress& at, std::uint64_t before, std::uint64_t after) override;
  void unsettled(const KeyAddress& at) override;

  /// When the partition was looked at that has waited longest; begin() at the earliest. [any-thread]
  TimePoint oldest() const { return TimePoint(Duration(oldest_.load())); }

 private:
  struct Job {
    TreeBuilder::Kept kept;
    Partition partition;
    TimePoint done;
    CopyRange range() const { return {*kept.store, kept.keyspace, partition}; }
  };

  bool at_work(const KeyAddress& at) const;
  void arm();
  /// How many partitions the next turn may take.
  std::size_t due() const;
  /// Where it will begin to read, if reads may block there.
  std::vector<SliceStart> next_slices() const;
  void work();
  /// A slice of the partition that is at work, of so many entries at most, which it takes. Whether that was its last.
  bool run_slice(std::size_t& room);
  bool is_as_read(const Job& job) const;
  void next_job();

  const Parts parts_;
  const Options options_;
  ByteBudget budget_;
  std::vector<Job> jobs_;
  std::size_t at_ = 0;  // the job at work
  Bytes cursor_;        // of it: keys before it are in tree_
  MerkleTree tree_;
  TimerId timer_ = 0;
  bool running_ = false;
  std::atomic<Duration::rep> oldest_{0};
};

}  // namespace stator
