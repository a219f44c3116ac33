#include "tests/coordinator/datatype_oracle.h"

namespace stator::simulation {

std::string SetOracle::begin_add() {
  std::string element = "e" + std::to_string(added_.size());
  added_[element] = false;
  return element;
}

void SetOracle::begin_removal(const Elements& wanted, const std::optional<Elements>& shown) {
  for (const std::string& element : wanted) {
    if (!shown || shown->contains(element)) doubtful_.insert(element);
  }
}

void SetOracle::acknowledge_removal(const Elements& wanted, const std::optional<Elements>& shown) {
  for (const std::string& element : wanted) {
    if (shown && shown->contains(element)) removed_.insert(element);
  }
}

std::optional<std::string> SetOracle::judge_read(const Elements& shown) const {
  for (const std::string& element : shown) {
    if (!added_.contains(element)) return element + " was never added";
  }
  return std::nullopt;
}

std::optional<std::string> SetOracle::judge_end(const Elements& shown) const {
  if (auto wrong = judge_read(shown)) return wrong;
  for (const auto& [element, acknowledged] : added_) {
    const bool there = shown.contains(element);
    if (there && removed_.contains(element)) return element + " is there, and was removed by who had seen it";
    if (!there && acknowledged && !doubtful_.contains(element))
      return element + " is lost: it was acknowledged, and nobody who had seen it has removed it";
  }
  return std::nullopt;
}

std::optional<std::string> CounterOracle::judge_end(std::int64_t shown) const {
  if (least_ <= shown && shown <= most_) return std::nullopt;
  return "it is " + std::to_string(shown) + ", not " + std::to_string(least_) + " to " + std::to_string(most_);
}

}  // namespace stator::simulation
