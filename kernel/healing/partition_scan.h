#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "kernel/replica/store.h"
#include "stator/bytes.h"
#include "stator/status.h"

namespace stator {

/// How much one slice of a scan may take.
struct SliceLimit {
  std::size_t entries = 512;
  std::size_t bytes = 1 << 20;
};

/// Visits the range's copies in the order of their keys, from the key `from` on, until the limit is reached. Gives the
/// key to go on from; nothing when the range is done. [any-thread]
Result<std::optional<Bytes>> scan_slice(const CopyRange& range, BytesView from, const SliceLimit& limit,
                                        const std::function<void(BytesView key, BytesView copy)>& visit);

}  // namespace stator
