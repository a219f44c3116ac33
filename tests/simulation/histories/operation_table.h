#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/datatype_plugins.h"
#include "tests/simulation/histories/operation_truth.h"
#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// The keys of a history that hold data types, and their truths: "or_map/1" is key 1 of that keyspace. [serial]
class OperationTable {
 public:
  struct Entry {
    Bytes key;
    const KeyspaceRules* rules;
    const DataTypePlan* plan;
    const DataType* datatype;
    OperationTruth truth;
  };

  /// The configuration and the data types, by keyspace, outlive it.
  OperationTable(const Configuration& configuration,
                 const std::map<std::string, std::shared_ptr<const DataType>>& datatypes) {
    for (const DataTypePlan& keyspace : configuration.datatypes) {
      first_.push_back(entries_.size());
      const DataType* datatype = datatypes.at(keyspace.rules.name).get();
      for (std::size_t number = 0; number < keyspace.keys; ++number) {
        const Bytes key = keyspace.rules.name + "/" + std::to_string(number);
        const auto place = static_cast<std::uint32_t>(entries_.size());
        entries_.push_back({key, &keyspace.rules, &keyspace, datatype,
                            OperationTruth({key, place, datatype, meaning_of(keyspace.datatype)})});
      }
    }
  }
  OperationTable(const OperationTable&) = delete;
  OperationTable& operator=(const OperationTable&) = delete;

  Entry& at(std::size_t keyspace, std::size_t key) { return entries_[first_[keyspace] + key]; }
  /// Null if it holds no data type.
  Entry* find(BytesView key) {
    for (Entry& entry : entries_) {
      if (entry.key == key) return &entry;
    }
    return nullptr;
  }
  /// In a fixed order.
  std::vector<Entry>& entries() { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::vector<std::size_t> first_;  // by keyspace
};

}  // namespace stator::simulation
