#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/histories/plan.h"

namespace stator::simulation {

/// Plans made for one purpose: each leads up to a moment that chance seldom meets, in which one mistake shows. The same
/// simulator runs and judges them, and a kernel without mistakes passes. Their names.
std::vector<std::string> directed_plans();

/// One of those names; `seed` is what is left to chance in it.
Plan make_directed_plan(const std::string& name, std::uint64_t seed);

}  // namespace stator::simulation
