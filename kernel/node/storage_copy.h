#pragma once

#include <cstdint>
#include <functional>

#include "stator/status.h"
#include "stator/storage.h"

namespace stator {

/// How much of a storage has been met: entries, and the bytes of their keys and values.
struct StorageProgress {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

using OnProgress = std::function<void(const StorageProgress&)>;

/// Writes every entry of one storage to another, which must be empty (failed_precondition), then reads both and
/// compares them byte for byte (data_loss if they differ). The meta space is copied as everything else is: identity,
/// clock, incarnation and the note of a clean stop hold for the copy as they held for the origin. `progress` hears of
/// every batch. Nobody else uses either. [blocking]
Result<StorageProgress> copy_storage(Storage& from, Storage& to, const OnProgress& progress);

}  // namespace stator
