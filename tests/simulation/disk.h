#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernel/seams/space_probe.h"
#include "stator/bytes.h"
#include "stator/mending.h"
#include "stator/scrubbing.h"
#include "stator/status.h"
#include "stator/storage.h"

namespace stator::simulation {

/// What a simulated node keeps when its process dies: one storage instance on a disk of its own. [the simulation's
/// thread]
class Disk {
 public:
  virtual ~Disk() = default;
  /// The storage as a new process opens it. The one before is destroyed by then.
  virtual Result<std::unique_ptr<Storage>> open() = 0;
  /// The power goes while a storage is open: what was not synced is lost. `seed` decides what else a disk may do then.
  virtual void cut_power(std::uint64_t seed) = 0;
  /// The process dies and the machine lives on: what it wrote is there. A storage is open.
  virtual void kill() = 0;
  /// A new, empty disk in place of the old. No storage is open.
  virtual void wipe() = 0;
  /// Every write from now on fails, until the next open: the storage has stopped for good.
  virtual void break_sync() = 0;
  /// The same, by a write that fails half done.
  virtual void break_write() = 0;
  /// The power goes within the next write, which is left half done; then cut_power must follow.
  virtual void tear_next_write(std::uint64_t seed) = 0;
  /// Nothing more fits on the disk, until make_room or a power cut.
  virtual void fill() = 0;
  virtual void make_room() = 0;
  /// From now on that many bytes of it are free; what is written takes from them, if the disk knows of that.
  virtual void leave_free(std::uint64_t bytes) = 0;
  /// Of the disk under the storage that is open.
  virtual SpaceProbe& space() = 0;
  /// Changes one byte of what was synced, silently, where a storage must notice it at its next open, or while it is
  /// open if it has a Scrubbing. False if there is no such byte.
  virtual bool damage(std::uint64_t seed) = 0;
  /// The copies under these storage keys cannot be read any more, until they are written again. False if the disk knows
  /// nothing of that. A storage is open.
  virtual bool spoil(const std::vector<Bytes>& /*storage_keys*/) { return false; }
  /// Of the storage that is open; null: it has none.
  virtual Mending* mending() { return nullptr; }
  virtual Scrubbing* scrubbing() { return nullptr; }
  /// What is stored under the key is that from now on, or nothing, and nobody was told. False if the disk knows nothing
  /// of that. A storage is open.
  virtual bool change(const Bytes& /*storage_key*/, const std::optional<Bytes>& /*value*/) { return false; }
  /// Keeps a copy of the disk as it is now aside, in place of the copy before.
  virtual void keep_copy() = 0;
  /// The disk becomes that copy; nothing happens if none was kept. No storage is open.
  virtual void restore_copy() = 0;
};

/// A map in memory. Durable as soon as Storage::write has run, which the committer does at the end of a simulated sync.
std::unique_ptr<Disk> make_map_disk();
/// The same, with a Mending.
std::unique_ptr<Disk> make_mending_disk();

}  // namespace stator::simulation
