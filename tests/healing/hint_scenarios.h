#pragma once

#include <optional>
#include <string>

/// Hints on a simulated cluster, as stories that tell what went wrong in them: a test wants nothing, and under a seeded
/// bug something. [one thread]
namespace stator::simulation {

using Violation = std::optional<std::string>;

/// With two of three primaries gone W is reached by the fallbacks, each in one primary's place, and by nobody twice.
Violation fallbacks_stand_in();
/// W = 3 with one fallback alive and two primaries gone.
Violation one_fallback_is_no_quorum();
/// Fallbacks that cannot sync count for nothing.
Violation a_hint_counts_after_its_sync();
/// The owner returns, later than several tries, and is given what it missed, siblings and all.
Violation the_owner_is_given_what_it_missed();
/// Hints outlive a power cut, and a clean stop, of all that hold them.
Violation hints_outlive_their_holders_restart();
/// A hint that changes while it is on its way is not taken for delivered.
Violation a_newer_write_is_not_lost();
/// A fallback that signs again for a key it has handed off mints no dot twice.
Violation no_dot_is_minted_twice_after_a_handoff();

}  // namespace stator::simulation
