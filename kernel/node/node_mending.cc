#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "kernel/healing/misfits.h"
#include "kernel/node/node.h"

namespace stator {
namespace {

/// What is to be called so many times, on any loop; then `then` runs on `home`.
std::function<void()> when_all(std::size_t count, Executor& home, Task then) {
  // shared: by those that are still waited for
  auto left = std::make_shared<std::pair<std::atomic<std::size_t>, Task>>(count, std::move(then));
  return [left, &home] {
    if (--left->first == 0) home.post([left] { left->second(); });
  };
}

}  // namespace

void Node::make_mender() {
  Mender::Parts parts{first_loop(), seams_.mending, *lives_};
  parts.partitions = std::size_t{1} << identity_.partition_bits;
  parts.withhold = [this](const Mender::Parts::Ranges& ranges, Task then) {
    const auto done = when_all(shards_.size(), first_loop(), std::move(then));
    for (std::size_t i = 0; i < shards_.size(); ++i)
      run_on(shards_[i]->executor, [this, i, ranges, done] {
        shards_[i]->anti_entropy->builder().withhold(ranges);
        scrub_->restart(i);
        done();
      });
  };
  parts.clear = [this](const Mender::Parts::Ranges& ranges, Task then) {
    const auto done = when_all(ranges.size() + 1, first_loop(), std::move(then));
    for (const CopyRange& range : ranges) {
      Shard& shard = shard_of(range.partition);
      run_on(shard.executor, [&shard, range, done] { remove_misfits(shard.executor, shard.replica, range, done); });
    }
    done();
  };
  parts.release = [this](const Mender::Parts::Ranges& ranges) {
    for (const auto& shard : shards_)
      run_on(shard->executor, [&shard = *shard, ranges] {
        for (const CopyRange& range : ranges) shard.replica.changed(range.store);
        shard.anti_entropy->builder().release(ranges);
        shard.anti_entropy->hurry();
      });
  };
  parts.tell = [this](const std::string& text) { tell(text); };
  mender_ = std::make_unique<Mender>(std::move(parts), stores_);
}

void Node::make_scrub() {
  std::vector<RepairKeyspace*> keyspaces;
  for (const auto& [name, repair] : repairs_) keyspaces.push_back(repair.get());
  scrub_ = std::make_unique<Scrub>(
      Scrub::Parts{shards_, keyspaces, disks_, seams_.mending, [this](const std::string& text) { tell(text); },
                   [this](const CopyRange& range) { mender_->doubt(range); }},
      identity_.scrub, identity_.seed);
}

}  // namespace stator
