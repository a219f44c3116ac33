#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "kernel/healing/byte_budget.h"
#include "kernel/healing/known_scan.h"
#include "kernel/healing/merkle_tree.h"
#include "kernel/healing/scrub_counters.h"
#include "kernel/healing/tree_builder.h"
#include "kernel/replica/row_tally.h"

namespace stator {

/// Holds the trees of one loop's partitions against what is stored, one partition after the other, all of them once in
/// a period and then again: what a storage has silently lost, or changed, no write has told any tree. Of a large copy
/// the tree knows what its head says: so the rows are held against that, unless the key is written meanwhile.
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

  /// A large copy of the partition that is at work, whose rows are to be read.
  struct Large {
    Bytes key;
    RowTally expected;
    RowCursor rows;
  };

  bool at_work(const KeyAddress& at) const;
  void arm();
  void read_ahead(Task then);
  /// How many partitions the next turn may take.
  std::size_t due() const;
  /// Where it will begin to read, if reads may block there.
  std::vector<SliceStart> next_slices() const;
  void work();
  /// Reads on in the partition that is at work, so many entries at most, which it takes. Whether it is done with it.
  bool run_slice(std::size_t& room);
  Status read_copies(std::size_t& room);
  void note_large(const KnownCopy& copy);
  /// Some rows of the first large copy that was met.
  Status read_rows(std::size_t& room);
  void spend(std::size_t bytes);
  bool is_as_read(const Job& job) const;
  void next_job();

  const Parts parts_;
  const Options options_;
  ByteBudget budget_;
  std::vector<Job> jobs_;
  std::size_t at_ = 0;    // the job at work
  Bytes cursor_;          // of it: keys before it are in tree_
  bool scanned_ = false;  // all are
  MerkleTree tree_;
  std::deque<Large> large_;  // of it, met by the last slice
  bool unfit_ = false;       // one of it does not fit its rows
  TimerId timer_ = 0;
  bool running_ = false;
  std::atomic<Duration::rep> oldest_{0};
};

}  // namespace stator
