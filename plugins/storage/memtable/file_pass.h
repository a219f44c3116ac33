#pragma once

#include <cstdint>
#include <optional>

#include "directory.h"
#include "log.h"
#include "stator/salvage.h"

namespace stator::memtable {

/// One pass over the files of a memtable that is open, a piece at a time: whether each says what was written to it.
/// [serial]
class FilePass {
 public:
  /// What there is to read. While a piece is read, none of it goes away and nothing before `end` changes.
  struct Extent {
    std::uint64_t snapshot = 0;  ///< 0: there is none
    std::uint64_t oldest_segment = 1;
    LogPosition end;  ///< of the log
  };
  struct Step {
    std::uint64_t bytes = 0;  ///< that were read
    bool last = false;
    std::optional<StorageFault> fault;
  };
  explicit FilePass(const Directory& directory) : directory_(directory) {}

  /// The next piece: a part of the snapshot, or a segment. Begins anew where another snapshot stands in the place of
  /// the one that was read, and after the last piece. [blocking]
  Step next(const Extent& extent);

 private:
  Step begin(const Extent& extent);
  Step read_snapshot();
  Step read_segment(const Extent& extent);
  std::optional<StorageFault> fault_in(const Extent& extent, const Path& path, Bytes& bytes);

  const Directory& directory_;
  std::optional<std::uint64_t> snapshot_;  ///< of this pass; none: it has not begun
  std::uint64_t offset_ = 0;               ///< in it
  bool in_snapshot_ = false;
  std::uint64_t segment_ = 0;              ///< the next one
  std::optional<std::uint32_t> checksum_;  ///< of the last frame before it; none: more may have been written since
};

}  // namespace stator::memtable
