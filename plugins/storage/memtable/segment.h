#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "frame.h"
#include "stator/files.h"

namespace stator::memtable {

/// One file of the log, open for writing. It may be appended to up to `capacity`.
struct Segment {
  SegmentId id;
  Path path;
  std::unique_ptr<File> file;
  std::uint64_t capacity = 0;
};

/// Where the first frame of a segment stands.
constexpr std::uint64_t kSegmentHeader = 32;

/// The header of a segment, and the terminator that makes it an empty one.
Bytes encode_segment_header(const SegmentId& segment);
/// None if damaged or of another version.
std::optional<SegmentId> decode_segment_header(BytesView bytes);

/// What a walk over the frames of one segment found.
struct SegmentWalk {
  std::uint64_t end = kSegmentHeader;  ///< just after the last frame of the unbroken row
  std::uint64_t frames = 0;
  std::uint32_t first_previous = 0;  ///< `previous` of the first frame
  std::uint32_t last_checksum = 0;   ///< of the last frame
  bool clean = true;    ///< a terminator, or the end of the file, stands at `end`; else a frame that is torn or damaged
  bool broken = false;  ///< a valid frame of this segment stands somewhere after `end`: acknowledged writes are damaged
};

/// Visits the unbroken row of frames from the start of a segment and looks at what follows it.
SegmentWalk walk_segment(BytesView bytes, const SegmentId& segment, const std::function<void(const Frame&)>& visit);

/// data_loss that names file and offset.
Status damaged(const Path& path, std::uint64_t offset, std::string_view what);

}  // namespace stator::memtable
