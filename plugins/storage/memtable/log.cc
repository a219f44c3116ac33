#include "log.h"

#include <utility>

#include "seeded_bugs.h"

namespace stator::memtable {

Status Log::append(WriteBatch batch) {
  if (!failure_.is_ok()) return failure_;
  if (Status filled = buffer_.fill(batch); !filled.is_ok()) return filled;
  if (Status room = make_room(buffer_.size()); !room.is_ok()) return room;
  const std::uint32_t checksum = buffer_.seal({tail_.segment.id, tail_.offset, tail_.last_checksum});
  const std::uint64_t end = tail_.offset + buffer_.size();
  // The terminator must not grow the file; where there is no room for it there is none for another frame either.
  const bool room_after = end + kFrameHeader <= tail_.segment.capacity;
  File& file = *tail_.segment.file;
  if (Status written = file.write(tail_.offset, room_after ? buffer_.with_terminator() : buffer_.frame());
      !written.is_ok()) {
    // Where even a place that was filled before can be out of space. Nothing of the frame was synced, all before it
    // was, and the next one is written over it.
    return written.code() == Code::storage_full ? written : stop(written);
  }
  Status synced = file.sync();
  if (!synced.is_ok() && MEMTABLE_SEEDED_BUG(failed_sync_retried)) synced = file.sync();
  if (!synced.is_ok()) return stop(synced);
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
  if (tail_.offset + size <= tail_.segment.capacity) return Status::ok();
  Result<Segment> next = next_segment(kSegmentHeader + size);
  if (!next.is_ok()) return next.status();
  enter(std::move(*next));
  return Status::ok();
}

/// At least `capacity` large: a batch may be larger than a segment usually is.
Result<Segment> Log::next_segment(std::uint64_t capacity) {
  Result<Segment> next = supply_.take();
  if (!next.is_ok()) return next.status().code() == Code::storage_full ? next.status() : stop(next.status());
  if (next->capacity >= capacity) return next;
  Status grown = next->file->resize(capacity);
  if (grown.is_ok()) grown = next->file->sync();
  if (grown.is_ok()) {
    next->capacity = capacity;
    return next;
  }
  if (grown.code() != Code::storage_full) return stop(grown);
  Status cut = next->file->resize(next->capacity);
  supply_.put_back(std::move(*next));
  return cut.is_ok() ? grown : stop(cut);
}

void Log::enter(Segment segment) {
  tail_.segment = std::move(segment);
  tail_.offset = kSegmentHeader;
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
