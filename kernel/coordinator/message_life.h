#pragma once

#include <chrono>
#include <cstdint>

#include "kernel/coordinator/keyspace.h"
#include "stator/version.h"

namespace stator {

/// How long a message with a record may be under way, counted from its birth: half of the keyspace's tombstone_grace.
///
///   tombstone_grace = 2 · life    and    life >= max_clock_skew + timeout
///
/// The second keeps an honest sender, whose clock is behind by all that is allowed and who uses all of its time, from
/// being refused; the configuration's rules check it. The first makes a tombstone that is old enough to be collected
/// older, by any clock that is believed, than every message that was sent before it.
inline std::chrono::milliseconds message_life(const KeyspaceRules& rules) { return rules.tombstone_grace / 2; }

/// Whether a message born then may still take effect where the clock stands at `now`. Its deadline does not say that:
/// the sender may have been stopped for hours between the reading of the record and the making of the frame.
inline bool outlived(Stamp born, std::chrono::milliseconds life, Stamp now) {
  return born.millis() + static_cast<std::uint64_t>(life.count()) < now.millis();
}

}  // namespace stator
