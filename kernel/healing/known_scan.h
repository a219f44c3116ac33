#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "kernel/healing/partition_scan.h"
#include "kernel/replica/replica.h"

namespace stator {

/// One copy met on the way. The views live for the call.
struct KnownCopy {
  BytesView key;
  std::uint64_t digest = 0;
  BytesView stored;  ///< empty: a commit is in flight, and nothing was read
};

/// As scan_slice(), but with what the range's loop knows to be durable: what a commit has stored is told to the loop
/// later, so of a key with a commit in flight that is what was durable before. [its loop]
Result<std::optional<Bytes>> scan_known(const Replica& replica, const CopyRange& range, BytesView from,
                                        const SliceLimit& limit, const std::function<void(const KnownCopy&)>& visit);

}  // namespace stator
