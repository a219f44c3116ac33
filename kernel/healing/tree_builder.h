#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "kernel/healing/cpu_share.h"
#include "kernel/healing/partition_scan.h"
#include "kernel/healing/partition_trees.h"
#include "kernel/replica/copy_observer.h"
#include "kernel/replica/replica.h"

namespace stator {

/// Makes the trees of one loop's partitions after a start, slice by slice, and keeps them up to date from then on.
///
/// Law: a built tree holds exactly the copies this loop knows to be durable, at every moment. A slice of the scan may
/// see more or less, since what a commit has stored is told to the loop later; of a key with a commit in flight the
/// replica knows what was durable before, and that is taken. [its loop]
class TreeBuilder final : public CopyObserver {
 public:
  struct Kept {
    Store* store;
    std::uint16_t keyspace;
    PartitionTrees* trees;
  };
  /// The partitions of loop `index` of `loops`.
  struct Share {
    std::size_t index = 0;
    std::size_t loops = 1;
  };

  /// All outlive the builder.
  TreeBuilder(const PacedLoop& loop, const Replica& replica, std::vector<Kept> kept, Share share);

  /// Begins to build what is not built. Once.
  void begin();
  /// Builds no more.
  void end();
  /// The trees of these, if they are this loop's, say nothing from now on: what is stored there changes without this
  /// loop being told. Then release() has them built anew.
  void withhold(const std::vector<CopyRange>& ranges);
  void release(const std::vector<CopyRange>& ranges);

  void settled(const KeyAddress& at, std::uint64_t before, std::uint64_t after) override;
  void unsettled(const KeyAddress& at) override;
  /// Trees that were thrown away because of a failed commit, to be built anew.
  std::uint64_t rebuilds() const { return rebuilds_; }

 private:
  struct Job {
    const Kept* kept;
    Partition partition;

    bool operator==(const Job&) const = default;
    auto operator<=>(const Job&) const = default;
  };

  const Kept* find(const Store& store, std::uint16_t keyspace) const;
  /// Those of this loop.
  std::vector<Job> jobs_of(const std::vector<CopyRange>& ranges) const;
  void arm();
  /// Where the next turn will begin to read, if reads may block there.
  std::vector<SliceStart> next_slices() const;
  void work();
  /// One slice of the front job. How many entries it took.
  std::size_t build_slice(std::size_t room);

  const PacedLoop loop_;
  const Replica& replica_;
  const std::vector<Kept> kept_;
  const Share share_;
  std::deque<Job> jobs_;
  Bytes cursor_;  // of the front job: keys before it are in its tree
  TimerId timer_ = 0;
  std::set<Job> withheld_;
  bool running_ = false;
  bool reading_ahead_ = false;
  std::uint64_t rebuilds_ = 0;
};

}  // namespace stator
