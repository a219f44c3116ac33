#pragma once

#include <optional>

#include "stator/version.h"

namespace stator {

/// The node's hybrid clock. [any-thread]
class Stamps {
 public:
  virtual ~Stamps() = default;
  /// Nothing while the clock's durable limit has not been raised (a stuck or failed disk): no write can be signed then.
  virtual std::optional<Stamp> next() = 0;
  /// The epoch that a write of that stamp mints: its name in this process's life. A stamp alone is none where a disk
  /// was lost: two lives that do not know of each other, pushed to the same point by a clock ahead of theirs, give the
  /// same stamps. In one life distinct stamps have distinct epochs, of the same milliseconds.
  virtual Stamp epoch_of(Stamp stamp) const = 0;
  /// The clock as it stands. Never goes back, and nothing that next() gives later is below it; but it is no name for
  /// anything, and there always is one.
  virtual Stamp now() = 0;
  /// The clock as a record's birth (see docs/causality.md). As now(), but never further above what is durable than the
  /// skew that is allowed: peers conclude from it how much this node's disk must know.
  virtual Stamp birth() = 0;
  /// False when the stamp is too far in the future to be believed.
  virtual bool observe(Stamp stamp) = 0;
};

}  // namespace stator
