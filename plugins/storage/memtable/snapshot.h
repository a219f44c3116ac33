#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "index.h"
#include "log.h"
#include "stator/files.h"
#include "stator/salvage.h"

namespace stator::memtable {

/// What a snapshot stands for: everything the log said before segment `sequence`. It may hold later writes too, in
/// part, since writers are not stopped for it; replaying the log from there puts that right, as entries are absolute.
struct SnapshotHead {
  std::uint64_t sequence = 0;
  std::uint32_t checksum = 0;  ///< of the last frame before that segment
  bool operator==(const SnapshotHead&) const = default;
};

/// Writes a snapshot file and syncs it; naming it is the caller's. `give_up` is asked between blocks: then
/// `unavailable`.
Status write_snapshot(Files& files, const Path& path, const SnapshotHead& head, const Index& index,
                      const std::function<bool()>& give_up);

/// Reads a snapshot and hands on its entries in ascending order. data_loss with file and offset if damaged; some
/// entries were handed on by then.
Result<SnapshotHead> read_snapshot(Files& files, const Path& path, const std::function<void(const Mutation&)>& entry);

/// The same for one that is damaged: hands on the entries of all blocks that are whole and can be found, and adds what
/// is damaged to `faults`. An error if not even the header is whole.
Result<SnapshotHead> salvage_snapshot(Files& files, const Path& path, const std::function<void(const Mutation&)>& entry,
                                      std::vector<StorageFault>& faults);

/// A part of a snapshot file, verified.
struct SnapshotPart {
  SnapshotHead head;      ///< if the part begins with it
  std::uint64_t end = 0;  ///< where the next part begins
  bool last = false;
  std::optional<StorageFault> fault;  ///< what stands at `end`
};
/// Reads a snapshot from the beginning of a part on, and about so many bytes of it.
SnapshotPart verify_snapshot(Files& files, const Path& path, std::uint64_t from, std::uint64_t bytes);

}  // namespace stator::memtable
