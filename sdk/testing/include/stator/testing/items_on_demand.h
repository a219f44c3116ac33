#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "stator/datatype.h"

namespace stator::testing {

/// Gives items as those of a large value are given: when they are asked for, each answer in a place of its own. Tells
/// what an operation has asked for, which is what it costs. [serial]
class ItemsOnDemand final : public ItemSource {
 public:
  /// Of these, which outlive it.
  explicit ItemsOnDemand(const Items& items) : items_(items) {}

  std::span<const Item> at(BytesView field) override { return give(items_.at(field)); }
  std::span<const Item> beneath(BytesView prefix) override { return give(items_.beneath(prefix)); }
  std::optional<Item> given(const Dot& dot) const override;
  /// How many items it has given, each as often as it was asked for.
  std::size_t count() const { return count_; }

 private:
  std::span<const Item> give(std::span<const Item> items);

  const Items& items_;
  std::list<std::vector<Item>> answers_;
  std::set<Dot> given_;
  std::size_t count_ = 0;
};

}  // namespace stator::testing
