#pragma once

#include <chrono>
#include <cstdint>

#include "kernel/causality/record.h"
#include "kernel/healing/collect_messages.h"

namespace stator {

/// Since when every version of the record is a tombstone, in milliseconds of the stamps' clock: the latest of their
/// stamps, where a version that expires counts as a tombstone of the moment it does. The same on every replica, since
/// it is in the record. UINT64_MAX: never, it holds a value that stays. Pure.
std::uint64_t dead_since_ms(const Record& record);
/// The same of one of its versions.
std::uint64_t dead_since_ms(const Version& version);

/// Whether that is longer ago than the grace: none, young or live. Pure.
CollectBlock check_age(std::uint64_t dead_since_ms, std::chrono::milliseconds grace, Stamp now);
CollectBlock check_age(const Record& record, std::chrono::milliseconds grace, Stamp now);

}  // namespace stator
