#include "log.h"

#include <utility>

#include "seeded_bugs.h"

namespace stator::memtable {

namespace {

/// What a frame takes, and its mark if it needs one.
std::uint64_t room_for(std::uint64_t size, const Segment& segment) {
  return segment.header.echoes(size) ? size : size + kMark;
}

}  // namespace

Status Log::append(WriteBatch batch) {
  if (!failure_.is_ok()) return failure_;
  if (Status filled = buffer_.fill(batch); !filled.is_ok()) return filled;
  if (Status room = make_room(buffer_.size()); !room.is_ok()) return room;
  const bool echoed = tail_.segment.header.echoes(buffer_.size());
  if (Status put = put_frame(); !put.is_ok()) return stop(put);
  if (echoed) return Status::ok();
  // There is no second copy: that the frame was synced is made known by a mark.
  if (Status filled = buffer_.fill({}); !filled.is_ok()) return stop(filled);
  Status put = put_frame();
  return put.is_ok() ? put : stop(put);
}

/// Writes what is in the buffer, and syncs.
Status Log::put_frame() {
  const SegmentHeader& header = tail_.segment.header;
  const std::uint32_t checksum = buffer_.seal({header.id, tail_.offset, tail_.last_checksum});
  const std::uint64_t end = tail_.offset + buffer_.size();
  // The terminator must not grow the file; where there is no room for it there is none for another frame either.
  const bool room_after = end + kFrameHeader <= header.capacity;
  File& file = *tail_.segment.file;
  Status done = file.write(tail_.offset, room_after ? buffer_.with_terminator() : buffer_.frame());
  if (done.is_ok() && header.echoes(buffer_.size())) {
    done = file.write(header.slot(tail_.slot), buffer_.echo());
    tail_.slot = 1 - tail_.slot;
  }
  if (done.is_ok()) {
    done = file.sync();
    if (!done.is_ok() && MEMTABLE_SEEDED_BUG(failed_sync_retried)) done = file.sync();
  }
  if (!done.is_ok()) return done;
  tail_.offset = end;
  tail_.last_checksum = checksum;
  tail_.bytes += buffer_.size();
  return Status::ok();
}

Result<LogPosition> Log::rotate() {
  if (!failure_.is_ok()) return failure_;
  Result<Segment> next = next_segment(0);
  if (!next.is_ok()) return next.status();
  enter(std::move(*next));
  return position();
}

Status Log::make_room(std::uint64_t size) {
  if (tail_.offset + room_for(size, tail_.segment) <= tail_.segment.header.capacity) return Status::ok();
  Result<Segment> next = next_segment(size);
  if (!next.is_ok()) return next.status();
  enter(std::move(*next));
  return Status::ok();
}

/// With room for a frame of that size: a batch may be larger than a segment usually is.
Result<Segment> Log::next_segment(std::uint64_t size) {
  Result<Segment> next = supply_.take();
  if (!next.is_ok()) return next.status().code() == Code::storage_full ? next.status() : stop(next.status());
  const std::uint64_t needed = next->header.begin() + room_for(size, *next);
  if (next->header.capacity >= needed) return next;
  Result<Segment> wider = supply_.widen(*next, needed);
  if (wider.is_ok()) return wider;
  if (wider.status().code() != Code::storage_full) return stop(wider.status());
  supply_.put_back(std::move(*next));
  return wider.status();
}

void Log::enter(Segment segment) {
  tail_.segment = std::move(segment);
  tail_.offset = tail_.segment.header.begin();
  tail_.slot = 0;
  tail_.first_previous = tail_.last_checksum;
  supply_.prepare();
}

Status Log::stop(const Status& failure) {
  // Not storage_full: that passes.
  const Code code = failure.code() == Code::storage_full ? Code::internal : failure.code();
  failure_ = Status(code, "the log stopped for good and takes no more writes: " + failure.message());
  return failure_;
}

}  // namespace stator::memtable
