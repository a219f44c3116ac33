#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <vector>

#include "kernel/healing/collect_messages.h"

namespace stator {

/// One round of a collection, as its coordinator knows it: what to ask whom, and what the answers allow. Any answer
/// that is missing or says no ends the round, or takes the key it is about out of it; nothing is lost by trying again
/// later. Pure.
///
/// The survey establishes that every replica held the record, and nobody anything else, at some moment. The cut comes
/// after all of these moments; prepare has each member vouch that no operation it began before had a later stamp than
/// the cut, and that the survey still holds. So whatever is sent by an operation that began after the cut was read when
/// nothing older was left to read, and what was born before it is refused from prepare on.
class CollectionRound {
 public:
  /// `holders[m]`: member m is one of the replicas. All are asked, but for the commit.
  CollectionRound(std::vector<bool> holders, std::vector<CollectKey> keys);

  CollectStep step() const { return step_; }
  bool asks(std::size_t member) const { return step_ != CollectStep::commit || holders_[member]; }
  /// Those that can still go.
  const std::vector<CollectKey>& keys() const { return keys_; }
  /// Of prepare and commit.
  Stamp cut() const { return cut_; }

  /// An answer to the present step; one that has another number of blocks than there are keys is no answer.
  void add(std::size_t member, const CollectReply& reply);
  /// `failed` or `unreachable`.
  void add_failure(std::size_t member, CollectBlock why);
  bool all_answered() const { return missing_ == 0; }
  /// After all have answered. Whether there is a next step to ask; its cut is `slack` ahead of the fastest wall clock.
  bool advance(std::chrono::milliseconds slack);

  /// After the last step: how many keys every replica has removed, and how many were left for which reason.
  std::size_t collected() const { return collected_; }
  const std::map<CollectBlock, std::size_t>& left() const { return left_; }
  struct Left {
    Bytes key;
    CollectBlock block;
  };
  const std::vector<Left>& left_keys() const { return left_keys_; }

 private:
  void begin_step(CollectStep step);
  void drop_blocked();

  std::vector<bool> holders_;
  std::vector<CollectKey> keys_;
  CollectStep step_ = CollectStep::survey;
  std::size_t missing_ = 0;
  std::size_t silent_ = 0;
  CollectBlock block_ = CollectBlock::none;  // of the whole round
  std::vector<CollectBlock> blocks_;         // of each key
  Stamp newest_clock_;
  Stamp newest_wall_;
  Stamp cut_;
  std::size_t collected_ = 0;
  std::map<CollectBlock, std::size_t> left_;
  std::vector<Left> left_keys_;
};

}  // namespace stator
