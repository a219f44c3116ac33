#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "kernel/replica/reserve.h"
#include "stator/status.h"

namespace stator {

/// How much room one storage instance has, and what it therefore takes. What was measured decides, and what the storage
/// itself says: after a commit that found no space it is hard_full, whatever is measured, until a commit succeeds. The
/// clock's own commits, every second or two, find that out. [any-thread]
class StoreRoom {
 public:
  explicit StoreRoom(Reserve reserve) : reserve_(reserve) {}

  /// What was found on the disk just now.
  void measured(const DiskSpace& space);
  /// Notes how a commit ended.
  void note(const Status& outcome);
  /// Called when a commit finds no space and the one before did not. [startup]
  void set_listener(std::function<void()> listener) { listener_ = std::move(listener); }

  Room room() const { return refused_.load(std::memory_order_relaxed) ? Room::hard_full : measured_.load(); }
  /// Whether a write from a client or another node is taken that brings a value, or brings none: a removal, or a copy
  /// of what is here already. What only takes away, and the node's own notes, are not asked for.
  bool takes(bool brings_value) const {
    const Room now = room();
    return now == Room::ample || (now == Room::soft_full && !brings_value);
  }
  /// The same as a status, storage_full if it is not taken; that is counted then.
  Status admit(bool brings_value) const;

  /// For pages and metrics. Of a disk that was never measured `total` is 0.
  DiskSpace space() const { return {free_.load(), total_.load()}; }
  RoomLimits limits() const { return limits_of(reserve_, total_.load()); }
  std::uint64_t writes_refused() const { return writes_refused_.load(); }

 private:
  const Reserve reserve_;
  std::function<void()> listener_;
  std::mutex mutex_;  // of measured()
  std::atomic<Room> measured_{Room::ample};
  std::atomic<bool> refused_{false};
  std::atomic<std::uint64_t> free_{0};
  std::atomic<std::uint64_t> total_{0};
  mutable std::atomic<std::uint64_t> writes_refused_{0};
};

}  // namespace stator
