#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "stator/bytes.h"
#include "stator/storage.h"

namespace stator::memtable {

/// Which life of a segment file this is. The salt is random, so that no client can write a value that holds a valid
/// frame.
struct SegmentId {
  std::uint64_t sequence = 0;  ///< 1, 2, 3 …: the order of replay
  std::uint64_t salt = 0;
  bool operator==(const SegmentId&) const = default;
};

/// Where a frame stands. All of it is part of the frame's checksum: a frame is valid in one place of one life only.
struct FramePlace {
  SegmentId segment;
  std::uint64_t offset = 0;
  std::uint32_t previous = 0;  ///< checksum of the frame before, in this segment or the last; 0 for the very first
};

/// A valid frame. Lives as long as the bytes it was found in.
struct Frame {
  BytesView bytes;  ///< header and payload
  BytesView payload;
  std::uint32_t checksum = 0;
  std::uint32_t previous = 0;
  std::uint64_t size = 0;  ///< of header and payload: the next frame begins so much further
};

constexpr std::uint64_t kFrameHeader = 24;
constexpr std::uint64_t kFrameAlignment = 8;
constexpr std::uint64_t kEchoHeader = 8;
/// Size of a frame that holds no mutation: see Log.
constexpr std::uint64_t kMark = kFrameHeader + kFrameAlignment;
/// Largest payload; larger batches are refused with too_large.
constexpr std::uint64_t kMaxFrame = 1ULL << 30;

/// One frame about to be written; its memory is used again for the next. [serial]
class FrameBuffer {
 public:
  /// Encodes the batch. too_large if it is.
  Status fill(WriteBatch batch);
  /// Completes the header for a place; may be done again for another. Returns the checksum.
  std::uint32_t seal(const FramePlace& place);
  /// Of header and payload.
  std::uint64_t size() const { return size_; }
  /// The frame and, after it, the terminator: zeros where the next header will be. Lives until the next fill.
  BytesView with_terminator() const { return BytesView(bytes_).substr(kEchoHeader); }
  BytesView frame() const { return with_terminator().substr(0, size_); }
  /// The frame after its place: its second copy.
  BytesView echo() const { return BytesView(bytes_).substr(0, kEchoHeader + size_); }

 private:
  Bytes bytes_;  // an echo's header, the frame, the terminator
  std::uint64_t size_ = 0;
};

/// The frame at the start of `bytes`, if it is a valid one that belongs at `offset` of the segment.
std::optional<Frame> frame_in(BytesView bytes, std::uint64_t offset, const SegmentId& segment);

/// The frame at `offset` of a segment's bytes, or none if what stands there is no valid frame of this segment.
std::optional<Frame> frame_at(BytesView segment_bytes, std::uint64_t offset, const SegmentId& segment);

/// Calls `apply` for each mutation of a payload, in order. False if the payload is malformed, which a valid checksum
/// excludes.
bool decode_payload(BytesView payload, const std::function<void(const Mutation&)>& apply);

}  // namespace stator::memtable
