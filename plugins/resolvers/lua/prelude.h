#pragma once

namespace stator::lua {

/// Lua text that makes a state of the standard libraries one that scripts may have; its argument is the number of steps
/// that patterns may take in all.
extern const char kPrelude[];

}  // namespace stator::lua
