#include "kernel/node/disk_gauges.h"

#include <string>

namespace stator {

void make_disk_gauges(Metrics& metrics, const Node& node) {
  for (const auto& store : node.stores()) {
    const StoreRoom& room = store->room();
    const std::string& name = store->name();
    metrics.gauge("stator_storage_free_bytes", "Free space of the disk that the storage rests on.", {{"storage", name}},
                  [&room] { return static_cast<double>(room.space().free); });
    metrics.gauge("stator_storage_reserve_bytes", "Free space below which the storage refuses values, or everything.",
                  {{"storage", name}, {"limit", "soft"}}, [&room] { return static_cast<double>(room.limits().soft); });
    metrics.gauge("stator_storage_reserve_bytes", "Free space below which the storage refuses values, or everything.",
                  {{"storage", name}, {"limit", "hard"}}, [&room] { return static_cast<double>(room.limits().hard); });
    metrics.gauge("stator_storage_failed", "1 when the storage's last commit failed and it takes no write, else 0.",
                  {{"storage", name}}, [&store = *store] { return store.failing(); });
    for (const Room state : {Room::ample, Room::soft_full, Room::hard_full}) {
      metrics.gauge("stator_storage_room", "1 for how full the storage's disk is, 0 for the other states.",
                    {{"storage", name}, {"state", name_of(state)}}, [&room, state] { return room.room() == state; });
    }
    metrics.counter("stator_storage_writes_refused_total",
                    "Writes of clients and other nodes that the storage had no room for.", {{"storage", name}},
                    [&room] { return static_cast<double>(room.writes_refused()); });
  }
}

}  // namespace stator
