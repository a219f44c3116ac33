#include "kernel/healing/collection_round.h"

#include <algorithm>
#include <utility>

#include "kernel/seeded_bugs.h"

namespace stator {

CollectionRound::CollectionRound(std::vector<bool> holders, std::vector<CollectKey> keys)
    : holders_(std::move(holders)), keys_(std::move(keys)) {
  begin_step(CollectStep::survey);
}

void CollectionRound::begin_step(CollectStep step) {
  step_ = step;
  missing_ = 0;
  for (std::size_t member = 0; member < holders_.size(); ++member) missing_ += asks(member) ? 1 : 0;
  blocks_.assign(keys_.size(), CollectBlock::none);
}

void CollectionRound::add(std::size_t member, const CollectReply& reply) {
  if (reply.block != CollectBlock::none) return add_failure(member, reply.block);
  if (reply.blocks.size() != keys_.size()) return add_failure(member, CollectBlock::failed);
  --missing_;
  newest_clock_ = std::max(newest_clock_, reply.clock);
  newest_wall_ = std::max(newest_wall_, reply.wall);
  for (std::size_t key = 0; key < blocks_.size(); ++key) {
    if (blocks_[key] == CollectBlock::none) blocks_[key] = reply.blocks[key];
  }
}

void CollectionRound::add_failure(std::size_t /*member*/, CollectBlock why) {
  --missing_;
  if (STATOR_SEEDED_BUG(collection_by_quorum) && why == CollectBlock::unreachable && 2 * ++silent_ < holders_.size())
    return;
  if (block_ == CollectBlock::none) block_ = why;
}

// A commit that some replica did not carry out leaves the others without the record; a later round goes on from there.
void CollectionRound::drop_blocked() {
  std::vector<CollectKey> going;
  for (std::size_t key = 0; key < keys_.size(); ++key) {
    const CollectBlock why = block_ != CollectBlock::none ? block_ : blocks_[key];
    if (why == CollectBlock::none) {
      going.push_back(std::move(keys_[key]));
    } else {
      ++left_[why];
      left_keys_.push_back({std::move(keys_[key].key), why});
    }
  }
  keys_ = std::move(going);
}

bool CollectionRound::advance(std::chrono::milliseconds slack) {
  drop_blocked();
  if (step_ == CollectStep::commit) {
    collected_ = keys_.size();
    return false;
  }
  if (keys_.empty()) return false;
  if (step_ == CollectStep::survey) {
    // Not much above the clocks, or many rounds would carry them away from the wall.
    const Stamp above_clocks = Stamp::from_millis(newest_clock_.millis() + 2);
    const Stamp above_walls = Stamp::from_millis(newest_wall_.millis() + static_cast<std::uint64_t>(slack.count()));
    cut_ = std::max(above_clocks, above_walls);
  }
  silent_ = 0;
  begin_step(step_ == CollectStep::survey ? CollectStep::prepare : CollectStep::commit);
  return true;
}

}  // namespace stator
