#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "kernel/healing/collect_messages.h"

namespace stator {

/// What all loops of a node have counted of collections since it started. [any-thread]
struct CollectionCounters {
  std::atomic<std::uint64_t> removed{0};    ///< copies this node has removed
  std::atomic<std::uint64_t> collected{0};  ///< keys that a round of this node's took from every replica
  /// Keys that a round of this node's left where they are, by reason.
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(CollectBlock::last_one) + 1> left{};
  std::atomic<std::int64_t> tombstones{0};  ///< keys without a live value that the last searches found
};

}  // namespace stator
