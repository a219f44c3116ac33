#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernel/healing/tree_scrub.h"
#include "kernel/node/file_scrub.h"
#include "kernel/node/shard.h"

namespace stator {

/// A node's slow look at all that it has stored, for whatever no request meets: the files of each storage, and the
/// copies of each loop's partitions against their trees (see docs/decisions, 2026-11-29). [first loop]
class Scrub {
 public:
  struct Options {
    Duration period = std::chrono::hours(7 * 24);  ///< everything once in it; zero: nothing
    std::uint64_t bytes_per_second = 8 << 20;      ///< of each storage's files, and of copies over all loops
  };
  struct Parts {
    const std::vector<std::unique_ptr<Shard>>& shards;
    const std::vector<RepairKeyspace*>& keyspaces;
    std::vector<FileScrub::Disk> disks;
    Background* background = nullptr;               ///< see FileScrub
    std::function<void(const std::string&)> tell;   ///< a sentence for people
    std::function<void(const CopyRange&)> differs;  ///< on the first loop: what is stored there is not what was written
  };

  /// All that is named outlives it, but for `keyspaces` itself. The shards' replicas tell it of what becomes durable
  /// from now on. [startup]
  Scrub(const Parts& parts, const Options& options, std::uint64_t seed);

  void begin();
  void end();
  /// What was read of the shard's partition that is at work is forgotten. [that shard's loop]
  void restart(std::size_t shard) { trees_[shard]->restart(); }

  /// [any-thread]
  const ScrubCounters& counters() const { return counters_; }
  /// How long ago the partition was looked at that has waited longest. [any-thread]
  Duration longest_wait() const;

 private:
  const std::vector<std::unique_ptr<Shard>>& shards_;
  ScrubCounters counters_;
  FileScrub files_;
  std::vector<std::unique_ptr<TreeScrub>> trees_;  // one a shard
};

}  // namespace stator
