#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stator/bytes.h"

namespace stator {

/// A 64-bit hybrid logical clock reading: 48 bits of wall-clock milliseconds since 1970, 16 bits of logical counter.
/// Stamps order last-writer-wins, expiry and clean-up; they are not causality.
struct Stamp {
  std::uint64_t bits = 0;
  static constexpr Stamp from_millis(std::uint64_t millis) { return {millis << 16}; }
  constexpr std::uint64_t millis() const { return bits >> 16; }
  auto operator<=>(const Stamp&) const = default;
};

/// Who signs writes: a node during one unbroken hold of a key. A node that may have forgotten something mints a new
/// epoch.
struct Actor {
  std::string node;
  Stamp epoch;
  auto operator<=>(const Actor&) const = default;
};

/// The name of one write: the counter-th of this actor in this key. Counters are 1, 2, 3 …
struct Dot {
  Actor actor;
  std::uint64_t counter = 0;
  auto operator<=>(const Dot&) const = default;
};

/// A version vector: for each actor the highest counter seen for one key. A plain value, ordered by actor.
class Context {
 public:
  struct Entry {
    Actor actor;
    std::uint64_t counter = 0;
    auto operator<=>(const Entry&) const = default;
  };

  /// The highest counter seen of the actor; 0 if none.
  std::uint64_t counter(const Actor& actor) const {
    auto at = lower(actor);
    return at != entries_.end() && at->actor == actor ? at->counter : 0;
  }
  bool covers(const Dot& dot) const { return dot.counter <= counter(dot.actor); }
  /// Whether every event this one has seen was seen by `this` too.
  bool covers(const Context& other) const {
    return std::all_of(other.entries_.begin(), other.entries_.end(),
                       [this](const Entry& entry) { return entry.counter <= counter(entry.actor); });
  }
  /// Raises the actor's counter to at least `dot.counter`.
  void add(const Dot& dot) {
    if (dot.counter == 0) return;
    // Most are added in their order, as they are read.
    auto at = !entries_.empty() && entries_.back().actor < dot.actor ? entries_.end() : lower(dot.actor);
    if (at != entries_.end() && at->actor == dot.actor) {
      entries_[static_cast<std::size_t>(at - entries_.begin())].counter = std::max(at->counter, dot.counter);
    } else {
      entries_.insert(at, Entry{dot.actor, dot.counter});
    }
  }
  /// Pointwise maximum.
  void merge(const Context& other) {
    for (const Entry& entry : other.entries_) add(Dot{entry.actor, entry.counter});
  }
  /// Makes room for so many actors at once.
  void reserve(std::size_t actors) { entries_.reserve(actors); }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  /// In ascending order of actor; lives as long as this object is not changed.
  const std::vector<Entry>& entries() const { return entries_; }
  bool operator==(const Context&) const = default;

 private:
  std::vector<Entry>::const_iterator lower(const Actor& actor) const {
    return std::lower_bound(entries_.begin(), entries_.end(), actor,
                            [](const Entry& entry, const Actor& wanted) { return entry.actor < wanted; });
  }
  std::vector<Entry> entries_;
};

/// A client's name for one write, so that a retry is harmless: the 16 bytes of a UUID.
using OpId = std::array<std::uint8_t, 16>;

/// One sibling: a write that no other write known here has replaced.
struct Version {
  Dot dot;
  Stamp stamp;
  bool tombstone = false;  ///< a removal; `value` is empty
  Bytes value;
  std::string content_type;  ///< empty: written through the JSON envelope
  std::optional<OpId> op_id;
  std::optional<Stamp> expires;  ///< absent: never
  bool operator==(const Version&) const = default;
};

/// The context as people see it: node → counter, a node's second and later epochs named "node-a#2", "node-a#3" in the
/// order they were minted. Ascending by actor.
inline std::vector<std::pair<std::string, std::uint64_t>> vector_clock(const Context& context) {
  std::vector<std::pair<std::string, std::uint64_t>> clock;
  std::size_t nth = 0;
  const std::string* previous = nullptr;
  for (const Context::Entry& entry : context.entries()) {
    nth = previous != nullptr && *previous == entry.actor.node ? nth + 1 : 1;
    previous = &entry.actor.node;
    clock.emplace_back(nth == 1 ? entry.actor.node : entry.actor.node + "#" + std::to_string(nth), entry.counter);
  }
  return clock;
}

}  // namespace stator
