#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/simulation/histories/plan.h"
#include "tests/simulation/histories/truth.h"

namespace stator::simulation {

/// The keys of a history and their truths: "default/3" is key 3 of keyspace "default". Of keys that hold data types it
/// knows where they belong; their truths are in OperationTable. [serial]
class TruthTable {
 public:
  struct Place {
    Bytes key;
    const KeyspaceRules* rules;
  };
  struct Entry {
    Bytes key;
    const KeyspaceRules* rules;
    Truth truth;
  };

  explicit TruthTable(const Configuration& configuration) {
    for (const KeyspacePlan& keyspace : configuration.keyspaces) {
      first_.push_back(entries_.size());
      for (std::size_t number = 0; number < keyspace.keys; ++number) {
        const Bytes key = keyspace.rules.name + "/" + std::to_string(number);
        const auto place = static_cast<std::uint32_t>(entries_.size());
        numbers_[key] = place;
        places_.push_back({key, &keyspace.rules});
        entries_.push_back({key, &keyspace.rules, Truth({key, place})});
      }
    }
    for (const DataTypePlan& keyspace : configuration.datatypes) {
      for (std::size_t number = 0; number < keyspace.keys; ++number)
        places_.push_back({keyspace.rules.name + "/" + std::to_string(number), &keyspace.rules});
    }
  }
  TruthTable(const TruthTable&) = delete;
  TruthTable& operator=(const TruthTable&) = delete;

  Entry& at(std::size_t keyspace, std::size_t key) { return entries_[first_[keyspace] + key]; }
  /// Null if no client ever uses such a key, or it holds a data type.
  Entry* find(const Bytes& key) {
    auto found = numbers_.find(key);
    return found == numbers_.end() ? nullptr : &entries_[found->second];
  }
  /// Null if no client ever uses such a key.
  const Place* place_of(const Bytes& key) const {
    const auto found =
        std::find_if(places_.begin(), places_.end(), [&](const Place& place) { return place.key == key; });
    return found == places_.end() ? nullptr : &*found;
  }
  /// Every key that is ever used, in a fixed order.
  const std::vector<Place>& places() const { return places_; }
  /// In a fixed order.
  std::vector<Entry>& entries() { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::vector<std::size_t> first_;  // by keyspace
  std::unordered_map<Bytes, std::uint32_t> numbers_;
  std::vector<Place> places_;
};

}  // namespace stator::simulation
