#include "kernel/node/scrub.h"

#include <algorithm>

namespace stator {

Scrub::Scrub(const Parts& parts, const Options& options, std::uint64_t seed)
    : shards_(parts.shards),
      files_({shards_.front()->executor, parts.background, counters_, parts.tell}, parts.disks,
             {options.period, options.bytes_per_second}) {
  std::vector<TreeBuilder::Kept> kept;
  for (RepairKeyspace* repair : parts.keyspaces)
    kept.push_back({repair->keyspace.store, repair->keyspace.id, &repair->trees});
  const std::uint64_t share = std::max<std::uint64_t>(1, options.bytes_per_second / shards_.size());
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    Shard& shard = *shards_[i];
    TreeScrub::Parts of_loop{
        {shard.executor, shard.anti_entropy->cpu()}, shard.replica, shard.anti_entropy->builder(), counters_, {}};
    of_loop.differs = [&first = shards_.front()->executor, differs = parts.differs](const CopyRange& range) {
      first.post([differs, range] { differs(range); });
    };
    trees_.push_back(std::make_unique<TreeScrub>(std::move(of_loop), kept, TreeBuilder::Share{i, shards_.size()},
                                                 TreeScrub::Options{options.period, share, seed}));
    shard.replica.set_observer(*trees_.back());
  }
}

void Scrub::begin() {
  files_.begin();
  for (std::size_t i = 0; i < shards_.size(); ++i)
    run_on(shards_[i]->executor, [&trees = *trees_[i]] { trees.begin(); });
}

void Scrub::end() {
  files_.end();
  for (std::size_t i = 0; i < shards_.size(); ++i) run_on(shards_[i]->executor, [&trees = *trees_[i]] { trees.end(); });
}

Duration Scrub::longest_wait() const {
  TimePoint oldest = TimePoint::max();
  for (const auto& trees : trees_) oldest = std::min(oldest, trees->oldest());
  return std::max<Duration>(shards_.front()->executor.now() - oldest, Duration(0));
}

}  // namespace stator
