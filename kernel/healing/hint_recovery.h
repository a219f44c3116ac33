#pragma once

#include <functional>
#include <string_view>

#include "kernel/replica/store.h"

namespace stator {

/// Called with each hint of a store; what the address and value refer to lives for the call.
using VisitHint = std::function<void(const KeyAddress& at, BytesView value)>;

/// Finds all hints of a store by a scan of its space for them. data_loss for a key that is none. [startup, blocking]
Status recover_hints(Store& store, const VisitHint& visit);

}  // namespace stator
