#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/simulation/histories/plan.h"
#include "tests/simulation/histories/truth.h"

namespace stator::simulation {

/// The keys of a history and their truths: "default/3" is key 3 of keyspace "default". [serial]
class TruthTable {
 public:
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
        places_[key] = place;
        entries_.push_back({key, &keyspace.rules, Truth({key, place})});
      }
    }
  }
  TruthTable(const TruthTable&) = delete;
  TruthTable& operator=(const TruthTable&) = delete;

  Entry& at(std::size_t keyspace, std::size_t key) { return entries_[first_[keyspace] + key]; }
  /// Null if no client ever uses such a key.
  Entry* find(const Bytes& key) {
    auto found = places_.find(key);
    return found == places_.end() ? nullptr : &entries_[found->second];
  }
  /// In a fixed order.
  std::vector<Entry>& entries() { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::vector<std::size_t> first_;  // by keyspace
  std::unordered_map<Bytes, std::uint32_t> places_;
};

}  // namespace stator::simulation
