#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "frame.h"
#include "stator/files.h"

namespace stator::memtable {

/// What a segment file says of itself.
struct SegmentHeader {
  SegmentId id;
  std::uint64_t slot_bytes = 0;  ///< of each of its two echo slots; 0: none, as version 1 had it
  std::uint64_t capacity = 0;    ///< it may be written up to here, and is at least so long; 0: as long as the file is
  /// Where the first frame stands.
  std::uint64_t begin() const;
  /// Whether frames of that size have a second copy.
  bool echoes(std::uint64_t frame) const { return kEchoHeader + frame <= slot_bytes; }
  std::uint64_t slot(std::size_t number) const;
  bool operator==(const SegmentHeader&) const = default;
};

/// One file of the log, open for writing.
struct Segment {
  SegmentHeader header;
  Path path;
  std::unique_ptr<File> file;
};

/// How large an echo slot is in segments with that much room for frames.
std::uint64_t slot_bytes_for(std::uint64_t segment_bytes);
/// A header of the current version, for a file that has room for `segment_bytes` of frames.
SegmentHeader make_segment_header(const SegmentId& id, std::uint64_t segment_bytes);

Bytes encode_segment_header(const SegmentHeader& header);
/// None if damaged or of an unknown version.
std::optional<SegmentHeader> decode_segment_header(BytesView bytes);

/// The second copy of a frame. Lives as long as the bytes it was found in.
struct Echo {
  std::uint64_t offset = 0;  ///< where the frame belongs
  Frame frame;
};
/// None if the slot holds no valid one of this life of the file.
std::optional<Echo> echo_in(BytesView segment_bytes, const SegmentHeader& header, std::size_t slot);

/// What a walk over the frames of one segment found.
struct SegmentWalk {
  std::uint64_t end = 0;  ///< just after the last frame of the unbroken row
  std::uint64_t frames = 0;
  std::uint64_t last_offset = 0;     ///< of the last frame
  BytesView last_frame;              ///< its bytes, in place or in a slot
  std::uint32_t first_previous = 0;  ///< `previous` of the first frame
  std::uint32_t last_checksum = 0;   ///< of the last frame
  std::size_t last_slot = 0;         ///< that holds the echo of the last frame, or may be written over for it
  std::vector<Echo> restored;        ///< frames that were not valid in their place, but in a slot
  bool clean = true;    ///< a terminator, or the end of the file, stands at `end`; else a frame that is torn or damaged
  bool broken = false;  ///< a frame of this segment was written after `end`: acknowledged writes are damaged
};

/// Visits the unbroken row of frames from the start of a segment and looks at what follows it.
SegmentWalk walk_segment(BytesView bytes, const SegmentHeader& header, const std::function<void(const Frame&)>& visit);

/// data_loss that names file and offset, and says what to do.
Status damaged(const Path& path, std::uint64_t offset, std::string_view what);

}  // namespace stator::memtable
