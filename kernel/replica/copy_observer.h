#pragma once

#include <cstdint>

#include "kernel/replica/store.h"
#include "stator/bytes.h"

namespace stator {

/// Told of every change of this node's copies as a primary, in the order in which they became durable; copies that are
/// hints are no part of it. Calls come on the loop that owns the partition. [its loop]
class CopyObserver {
 public:
  virtual ~CopyObserver() = default;
  /// A key's durable copy had one digest and has another now; 0: no copy.
  virtual void settled(const KeyAddress& at, std::uint64_t before, std::uint64_t after) = 0;
  /// A commit failed: what is stored under the key is not known until it is read again.
  virtual void unsettled(const KeyAddress& at) = 0;
};

/// The digest that stands for a stored copy: its record's. 0 if it is too short to be one.
std::uint64_t copy_digest(BytesView encoded_copy);

}  // namespace stator
