#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/histories/history.h"
#include "tests/simulation/histories/shrink.h"

namespace stator::simulation {

/// One history in a few lines: the same for the same seed, byte for byte.
std::string summary(const Plan& plan, const Verdict& verdict);
/// The command that runs it again, with the seeded bug if one is named.
std::string replay_command(std::uint64_t seed, const PlanOptions& options, const std::string& bug = "");
/// A violation, with all that is needed to see it again: seed, configuration, the steps that are left of the plan, and
/// the command `replay`.
std::string failure_report(const Plan& plan, const Verdict& verdict, const Shrunk& shrunk, const std::string& replay);
/// Of many histories: virtual hours, faults, acknowledged writes, and every count by name.
std::string totals(std::uint64_t histories, Duration virtual_time, const Tally& tally);
/// Names of what no history met; empty if all was.
std::string never_met(const Tally& tally);

}  // namespace stator::simulation
