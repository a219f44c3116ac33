#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "kernel/replica/store.h"
#include "kernel/seams/executor.h"
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

/// Where a slice is to begin.
struct SliceStart {
  CopyRange range;
  Bytes from;
};

/// Has the first of these slices, as many as the limit holds together, read by the store's readers, so that the disk
/// has been waited for when `then` runs on the executor and reads them itself: what a scan sees, and when, is as it is
/// where reads do not block. At once if the store has no readers, or there are no slices. All are of one store.
void read_slices_ahead(Executor& executor, std::vector<SliceStart> slices, const SliceLimit& limit, Task then);

}  // namespace stator
