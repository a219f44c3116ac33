#pragma once

#include <string>

namespace stator::simulation {

/// Where the plugins of the same build or installation lie, whose bin (or tests) this program is in.
std::string plugin_directory();

}  // namespace stator::simulation
