#pragma once

#include <memory>
#include <string>

#include "stator/datatype.h"

namespace stator::simulation {

/// A data type's plugin, loaded and guarded as a server's is.
std::shared_ptr<const DataType> datatype(const std::string& name);

}  // namespace stator::simulation
