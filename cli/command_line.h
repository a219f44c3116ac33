#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/options.h"
#include "cli/terminal.h"

namespace stator::cli {

/// What the arguments ask for (without the program's name); or, where there is nothing to carry out, the code to end
/// with: help and version were then printed to `out`, a mistake to `err`. Reads STATOR_URL from the environment.
std::variant<Invocation, ExitCode> parse_command_line(const std::vector<std::string>& arguments, Terminal& terminal);

}  // namespace stator::cli
