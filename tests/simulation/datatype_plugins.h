#pragma once

#include <memory>
#include <string>

#include "kernel/plugins/datatype_guard.h"

namespace stator::simulation {

/// A data type's plugin, loaded and guarded as a server's is.
std::shared_ptr<const DataTypeGuard> datatype(const std::string& name);

}  // namespace stator::simulation
