#pragma once

#include <span>
#include <utility>

#include "dot_stores/arguments.h"
#include "stator/datatype.h"

namespace stator::dot_stores {

/// The change that one operation makes, while it is being put together. Lives for one call. [serial]
class Draft {
 public:
  /// All three outlive it.
  Draft(const Items& items, const Actor& signer) : items_(items), signer_(signer) {}

  const Items& items() const { return items_; }
  bool is_own(const Item& item) const { return item.dot.actor == signer_; }

  /// Puts a value where those of the field are that the client has seen, and those that the signer put there itself.
  void put(Bytes field, Bytes value);
  /// Takes away those of these that the client has seen.
  void remove(std::span<const Item> items);
  void replace(const Item& item) { change_.replaced.push_back(item.dot); }
  void add(Bytes field, Bytes value) { change_.added.push_back({std::move(field), std::move(value)}); }

  Change finish() &&;

 private:
  const Items& items_;
  const Actor& signer_;
  Change change_;
};

/// DataType::update, given what drafts an operation once its arguments are read: Status drafting(Draft&, const Json&
/// call).
template <typename Drafting>
Result<Change> change_of(const Items& items, const Operation& operation, const Actor& signer, Drafting drafting) {
  Result<Json> call = parse_call(operation);
  if (!call.is_ok()) return call.status();
  Draft draft(items, signer);
  Status status = drafting(draft, *call);
  if (!status.is_ok()) return status;
  return std::move(draft).finish();
}

}  // namespace stator::dot_stores
