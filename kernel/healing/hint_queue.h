#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernel/ring/token.h"
#include "stator/bytes.h"
#include "stator/host.h"

namespace stator {

/// Which key a hint is about.
struct HintId {
  Partition partition = 0;
  std::string keyspace;
  Bytes key;
  auto operator<=>(const HintId&) const = default;
};

/// A hint as it is stored: a copy of its own, or only the reminder that a peer missed what this node holds as a
/// primary.
struct HintFacts {
  bool by_reference = false;
  std::uint64_t bytes = 0;
  std::uint64_t since_ms = 0;  ///< by the wall clock
};

/// The hints that one node keeps for one target, in the order in which they are due. Each change of a hint gives it a
/// new generation; only the one that was sent may be taken away when the target has it. Pure.
class HintQueue {
 public:
  /// A hint that may be sent now.
  struct Due {
    HintId id;
    std::uint64_t generation = 0;
    HintFacts facts;
  };

  /// A hint is on its way to disk; it is sent only after written(). A copy stays one, whatever refers to it.
  void note(const HintId& id, const HintFacts& facts);
  void written(const HintId& id);
  /// A hint was found on disk.
  void found(const HintId& id, const HintFacts& facts);

  /// The first that is neither on its way to disk nor to the target. It is on its way to the target from then on.
  std::optional<Due> next(TimePoint now);
  /// When the first of those may be sent that rest, neither on their way to disk nor to the target; nothing if none
  /// does.
  std::optional<TimePoint> next_at() const;
  /// The same as next() for one that is older than `since_ms`.
  std::optional<Due> next_older_than(std::uint64_t since_ms, TimePoint now);
  /// All of one keyspace that are older than `since_ms`, but those on their way to disk or to the target.
  std::vector<Due> older_than(const std::string& keyspace, std::uint64_t since_ms) const;
  /// The target has that generation. True: the hint has left the queue and is to be removed from disk. False: it has
  /// changed since and stays.
  bool delivered(const HintId& id, std::uint64_t generation);
  /// It is not sent again before `again`.
  void failed(const HintId& id, TimePoint again);
  /// Leaves the queue, whatever its generation.
  void drop(const HintId& id);

  bool any_for(Partition partition) const;
  /// Null if there is none.
  const HintFacts* find(const HintId& id) const;
  std::size_t size() const { return entries_.size(); }
  /// Of one keyspace's hints.
  std::uint64_t bytes(const std::string& keyspace) const;
  std::uint64_t bytes() const;
  /// Of keyspaces that ever had a hint here.
  const std::map<std::string, std::uint64_t>& bytes_by_keyspace() const { return bytes_; }
  /// 0 when empty.
  std::uint64_t oldest_ms() const;
  /// Hints change and go in the order of this number: see queued_up_to.
  std::uint64_t last_generation() const { return last_generation_; }
  /// How many hints hold something that was queued at that generation or before.
  std::size_t queued_up_to(std::uint64_t generation) const;
  bool any_queued_up_to(std::uint64_t generation) const {
    return !order_.empty() && order_.begin()->first <= generation;
  }

 private:
  struct Entry {
    HintFacts facts;
    std::uint64_t generation = 0;
    std::uint64_t queued = 0;  // the generation since which something in it waits
    std::uint32_t writing = 0;
    bool sending = false;
    TimePoint not_before{};

    bool rests() const { return writing == 0 && !sending; }
    bool due(TimePoint now) const { return rests() && not_before <= now; }
  };
  using Entries = std::map<HintId, Entry>;

  Entry& change(const HintId& id, const HintFacts& facts);
  Due begin(Entries::iterator at);
  void erase(Entries::iterator at);

  Entries entries_;
  std::map<std::uint64_t, Entries::iterator> order_;  // by queued
  std::map<std::string, std::uint64_t> bytes_;        // by keyspace
  std::uint64_t last_generation_ = 0;
};

}  // namespace stator
