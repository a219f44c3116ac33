#include "kernel/healing/collection_votes.h"

#include <algorithm>
#include <utility>

namespace stator {

void CollectionVotes::forget(TimePoint now) {
  std::erase_if(votes_, [now](const auto& entry) { return entry.second.until <= now; });
}

const CollectionVotes::Vote* CollectionVotes::find(const Round& round, TimePoint now) const {
  auto found = votes_.find({round.keyspace, round.partition});
  if (found == votes_.end()) return nullptr;
  const Vote& vote = found->second;
  const bool same = vote.coordinator == round.coordinator && vote.number == round.number;
  return same && vote.until > now ? &vote : nullptr;
}

CollectBlock CollectionVotes::survey(const Round& round, std::uint64_t stand_ins, TimePoint now) {
  forget(now);
  auto found = votes_.find({round.keyspace, round.partition});
  // A coordinator that asks anew has given up its earlier round.
  if (found != votes_.end() && found->second.prepared && found->second.coordinator != round.coordinator)
    return CollectBlock::busy;
  votes_[{round.keyspace, round.partition}] = {round.coordinator, round.number, stand_ins, false, now + kFor, {}};
  return CollectBlock::none;
}

CollectBlock CollectionVotes::prepare(const Round& round, std::uint64_t stand_ins, std::vector<CollectKey> keys,
                                      TimePoint now) {
  const Vote* surveyed = find(round, now);
  if (surveyed == nullptr || surveyed->prepared) return CollectBlock::busy;
  if (surveyed->stand_ins != stand_ins) return CollectBlock::hint;
  Vote& vote = votes_.at({round.keyspace, round.partition});
  vote.prepared = true;
  vote.until = now + kFor;
  vote.keys = std::move(keys);
  return CollectBlock::none;
}

bool CollectionVotes::stands(const Round& round, const CollectKey& key, TimePoint now) const {
  const Vote* vote = find(round, now);
  return vote != nullptr && vote->prepared && std::find(vote->keys.begin(), vote->keys.end(), key) != vote->keys.end();
}

void CollectionVotes::end(const Round& round) {
  auto found = votes_.find({round.keyspace, round.partition});
  if (found != votes_.end() && found->second.coordinator == round.coordinator && found->second.number == round.number)
    votes_.erase(found);
}

}  // namespace stator
