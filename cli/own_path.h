#pragma once

#include <string>

namespace stator::cli {

/// The directory this program lies in: what belongs to the same installation is found from there. "." if unknown.
std::string own_directory();

}  // namespace stator::cli
