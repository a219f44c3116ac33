#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "stator/bytes.h"
#include "stator/version.h"

namespace stator {

/// What a client is shown of concurrent versions.
struct Resolution {
  std::optional<std::size_t>
      winner;  ///< index into `siblings` if the answer is one of them; then the rest is taken from it
  Bytes value;
  std::string content_type;
  bool tombstone = false;   ///< the answer is "removed"
  bool unresolved = false;  ///< nothing is picked: clients are shown the siblings, and the fields above mean nothing
  std::string resolved_by;  ///< shown as `resolvedBy`, for example "LWW"
};

/// resolver/1. Says what concurrent versions of a key mean. Pure: no I/O, clock or state. [concurrent]
///
/// Laws: the order of `siblings` does not matter; the result is deterministic; with capability "total-order" the winner
/// is one of the siblings, and the winner of winners is the winner.
class Resolver {
 public:
  static constexpr const char* kInterfaceId = "resolver/1";
  virtual ~Resolver() = default;
  /// `siblings` holds at least one version, no two with the same dot; tombstones are among them. Views live for the
  /// call.
  virtual Resolution resolve(BytesView key, std::span<const Version> siblings) const = 0;
};

}  // namespace stator
