#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kernel/healing/collect_messages.h"
#include "stator/host.h"

namespace stator {

/// What a member has vouched for in rounds that are not over: one a partition and keyspace, and each for a while only,
/// since its coordinator may be gone. Pure.
class CollectionVotes {
 public:
  /// Who asks.
  struct Round {
    std::string keyspace;
    Partition partition = 0;
    std::string coordinator;
    std::uint64_t number = 0;
  };
  /// How long a vote stands.
  static constexpr std::chrono::seconds kFor{10};

  /// `stand_ins`: how many copies that stand in for other nodes' were stored until now. busy while another round is
  /// prepared.
  CollectBlock survey(const Round& round, std::uint64_t stand_ins, TimePoint now);
  /// Only a round that was surveyed, and only if no copy that stands in for another was stored since, even if it is
  /// gone again. `keys`: those that this member vouches for.
  CollectBlock prepare(const Round& round, std::uint64_t stand_ins, std::vector<CollectKey> keys, TimePoint now);
  /// Whether the key was prepared in that round and may still be removed.
  bool stands(const Round& round, const CollectKey& key, TimePoint now) const;
  /// The round is over.
  void end(const Round& round);

 private:
  struct Vote {
    std::string coordinator;
    std::uint64_t number = 0;
    std::uint64_t stand_ins = 0;
    bool prepared = false;
    TimePoint until;
    std::vector<CollectKey> keys;
  };
  const Vote* find(const Round& round, TimePoint now) const;
  void forget(TimePoint now);

  std::map<std::pair<std::string, Partition>, Vote> votes_;
};

}  // namespace stator
