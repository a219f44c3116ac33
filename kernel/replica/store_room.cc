#include "kernel/replica/store_room.h"

#include <string>

#include "kernel/seeded_bugs.h"

namespace stator {

void StoreRoom::measured(const DiskSpace& space) {
  std::lock_guard lock(mutex_);
  free_.store(space.free);
  total_.store(space.total);
  if (STATOR_SEEDED_BUG(reserve_ignored)) return;
  measured_.store(next_room(measured_.load(), space.free, limits_of(reserve_, space.total)));
}

void StoreRoom::note(const Status& outcome) {
  if (outcome.is_ok()) {
    if (refused_.load(std::memory_order_relaxed)) refused_.store(false);
  } else if (outcome.code() == Code::storage_full && !refused_.exchange(true) && listener_) {
    listener_();
  }
}

Status StoreRoom::admit(bool brings_value) const {
  if (takes(brings_value)) return Status::ok();
  ++writes_refused_;
  const std::string left =
      total_.load() == 0 ? "its disk is full" : std::to_string(free_.load() >> 20) + " MiB of its disk are free";
  return room() == Room::soft_full
             ? Status(Code::storage_full, left + ", less than the reserve: removals are taken, values are not")
             : Status(Code::storage_full, left + ": it is read-only");
}

}  // namespace stator
