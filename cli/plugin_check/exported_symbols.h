#pragma once

#include <string>
#include <vector>

#include "stator/status.h"

namespace stator::cli {

/// The names that an ELF file of this machine's kind defines for others, as it lists them. Nothing of it runs.
/// failed_precondition for a file that is none. [blocking]
Result<std::vector<std::string>> exported_symbols(const std::string& path);

}  // namespace stator::cli
