#pragma once

#include <string>

#include "stator/status.h"

namespace stator {

/// What a file is refused with that is no plugin; the caller names it.
inline Status refusal(const std::string& expected, const std::string& found) {
  return {Code::failed_precondition, "expected " + expected + ", found " + found};
}

/// OK if the file is a shared object for this machine and every segment and section lies inside it: the dynamic loader
/// maps what the headers promise, so a file cut short kills the process with SIGBUS instead of failing. Reads the
/// headers alone. [startup, blocking]
Status check_elf(const std::string& path);

}  // namespace stator
