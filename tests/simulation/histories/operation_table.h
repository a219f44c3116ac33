#pragma once

#include <functional>
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

  using Make = std::function<std::shared_ptr<const DataType>(const std::string& datatype)>;

  /// Of each data type an instance is made for those who judge. The configuration outlives it.
  OperationTable(const Configuration& configuration, const Make& make) {
    for (const DataTypePlan& keyspace : configuration.datatypes) {
      first_.push_back(entries_.size());
      datatypes_.push_back(make(keyspace.datatype));
      const DataType* datatype = datatypes_.back().get();
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
  std::vector<std::size_t> first_;                          // by keyspace
  std::vector<std::shared_ptr<const DataType>> datatypes_;  // the same
};

}  // namespace stator::simulation
