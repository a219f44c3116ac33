#pragma once

#include <cstdint>

#include "frame.h"
#include "segment.h"
#include "segment_supply.h"

namespace stator::memtable {

/// A place between two frames of the log.
struct LogPosition {
  std::uint64_t sequence = 0;  ///< of the segment
  std::uint64_t offset = 0;
  std::uint32_t checksum = 0;  ///< of the frame before the start of the *segment*: what its first frame refers to
};

/// What is open for appending, as recovery found or made it.
struct LogTail {
  Segment segment;
  std::uint64_t offset = 0;
  std::uint32_t first_previous = 0;  ///< checksum of the frame before the segment
  std::uint32_t last_checksum = 0;   ///< checksum of the frame before `offset`
  std::uint64_t bytes = 0;           ///< of frames since the snapshot
  std::size_t slot = 0;              ///< of the segment, for the next echo: not the one that holds the last frame's
};

/// The write-ahead log: one frame a batch, written twice, in its place and in a slot of the segment, and made durable
/// by one sync; see segment.cc. [serial]
///
/// Laws: a batch is durable when append() returned OK, and all or nothing in any case. After a failed write or sync of
/// the log every later append returns the same error: what is on disk is unknown. storage_full is for want of a
/// *segment*: it is found before the log is touched and may pass.
class Log {
 public:
  explicit Log(SegmentSupply& supply) : supply_(supply) {}

  void resume(LogTail tail) { tail_ = std::move(tail); }
  Status append(WriteBatch batch);
  /// Goes on to a new segment, so that a snapshot made from now on replaces all segments before it. Returns its start.
  Result<LogPosition> rotate();

  /// Where the next frame goes.
  LogPosition position() const { return {tail_.segment.header.id.sequence, tail_.offset, tail_.first_previous}; }
  /// Of the segment now appended to.
  std::uint64_t capacity() const { return tail_.segment.header.capacity; }
  /// Of frames since the last snapshot: what recovery would read.
  std::uint64_t bytes() const { return tail_.bytes; }
  /// A snapshot replaced that many of them.
  void forget(std::uint64_t bytes) { tail_.bytes -= bytes; }

 private:
  Status put_frame();
  Status make_room(std::uint64_t size);
  Result<Segment> next_segment(std::uint64_t size);
  void enter(Segment segment);
  Status stop(const Status& failure);

  SegmentSupply& supply_;
  FrameBuffer buffer_;
  LogTail tail_;
  Status failure_;
};

}  // namespace stator::memtable
