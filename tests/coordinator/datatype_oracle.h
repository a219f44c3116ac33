#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace stator::simulation {

/// What clients know of a set of theirs, each of whose elements is added once: what must be there in the end, and what
/// must not. It knows no dot and no context. [serial]
class SetOracle {
 public:
  using Elements = std::set<std::string>;

  /// A new element, which is about to be added.
  std::string begin_add();
  void acknowledge_add(const std::string& element) { added_.at(element) = true; }
  /// A removal of `wanted` by who was shown `shown`: what of it was not shown must stay.
  void begin_removal(const Elements& wanted, const std::optional<Elements>& shown);
  void acknowledge_removal(const Elements& wanted, const std::optional<Elements>& shown);
  /// Any that was ever to be added.
  const std::map<std::string, bool>& elements() const { return added_; }

  /// What is wrong with a read, however stale; or nothing.
  std::optional<std::string> judge_read(const Elements& shown) const;
  /// And with what all replicas hold in the end.
  std::optional<std::string> judge_end(const Elements& shown) const;

 private:
  std::map<std::string, bool> added_;  // element → acknowledged
  Elements doubtful_;                  // somebody tried to remove them
  Elements removed_;                   // somebody who had seen them did
};

/// The same of a counter: where it must be in the end. What failed may have been counted, once for each try. [serial]
class CounterOracle {
 public:
  void acknowledge(std::int64_t by) { least_ += by, most_ += by; }
  void fail(std::int64_t by) { by < 0 ? least_ += by : most_ += by; }
  std::optional<std::string> judge_end(std::int64_t shown) const;

 private:
  std::int64_t least_ = 0;
  std::int64_t most_ = 0;
};

}  // namespace stator::simulation
