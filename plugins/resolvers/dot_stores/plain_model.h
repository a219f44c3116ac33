#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "stator/testing/datatype_history.h"

// What the data types mean, said by events alone, for their tests: nothing here knows items, dots or fields.

namespace stator::dot_stores {

/// The names that lead to a field of an or_map; none: the key itself.
using Path = std::vector<std::string>;

/// What a copy shows that has seen some of the events of a history. Each answer is JSON text; absent: nothing is there.
class PlainModel {
 public:
  using Json = nlohmann::json;
  /// Says something of the operation of an event.
  using Does = std::function<bool(const Json& call)>;

  /// All of these outlive it.
  PlainModel(std::span<const testing::DataTypeEvent> events, const testing::Events& seen);

  /// Each element with an add that no remove had observed.
  std::optional<std::string> set(const Path& path) const;
  /// The sum of the newest totals of all signers, without those that a removal had observed.
  std::optional<std::string> counter(const Path& path) const;
  /// Of those set and not removed by who had observed them, that of the greatest stamp, then signer.
  std::optional<std::string> lww_register(const Path& path) const;
  /// Whether it was enabled and nobody has disabled it who had observed that.
  std::optional<std::string> flag(const Path& path) const;
  /// Of the key, which is an lww_map: of what a field was set to, and not removed by who had observed it, that of the
  /// greatest stamp, then signer.
  std::optional<std::string> fields() const;
  /// What is there of each name; more than one of a name: by kind.
  std::optional<std::string> map(const Path& path) const;

  /// The events that have been seen and do the one thing, but for those that a later one, which does the other or
  /// deletes the key, had observed. Ascending.
  std::vector<std::size_t> standing(const Does& does, const Does& undoes) const;
  const testing::DataTypeEvent& event(std::size_t place) const { return events_[place]; }
  const Json& call(std::size_t place) const { return calls_[place]; }
  const testing::Events& seen() const { return seen_; }

 private:
  bool is_undone(std::size_t place, const testing::Events& among, const Does& undoes) const;
  long long total(std::size_t place, const Path& path) const;
  std::optional<std::string> field(const Path& path) const;
  std::size_t newest(const std::vector<std::size_t>& places) const;

  std::span<const testing::DataTypeEvent> events_;
  const testing::Events& seen_;
  std::vector<Json> calls_;  ///< null for deletions
};

}  // namespace stator::dot_stores
