#pragma once

#include <string>

#include "stator/status.h"

namespace stator {

/// OK if the file is a shared object for this machine and every segment and section lies inside it: the dynamic loader
/// maps what the headers promise, so a file cut short kills the process with SIGBUS instead of failing. Reads the
/// headers alone. failed_precondition with what was expected and found; the caller names the file. [startup, blocking]
Status check_elf(const std::string& path);

}  // namespace stator
