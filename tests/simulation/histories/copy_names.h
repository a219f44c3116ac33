#pragma once

#include <optional>

#include "stator/bytes.h"

namespace stator::simulation {

/// The key that a copy is of, a primary's or one that stands in for it, by the key it is stored under; nothing where
/// other things lie. A view into it.
std::optional<BytesView> name_in(BytesView storage_key);

}  // namespace stator::simulation
