#include "file_pass.h"

#include <string>
#include <utility>

#include "segment.h"
#include "snapshot.h"

namespace stator::memtable {
namespace {

constexpr std::uint64_t kPiece = 1 << 20;

StorageFault fault_at(const Path& path, std::uint64_t offset, std::string what) {
  return {path, offset, 0, std::move(what)};
}

}  // namespace

FilePass::Step FilePass::next(const Extent& extent) {
  if (snapshot_ != extent.snapshot) return begin(extent);
  Step step = in_snapshot_ ? read_snapshot() : read_segment(extent);
  if (step.fault || step.last) snapshot_.reset();
  return step;
}

FilePass::Step FilePass::begin(const Extent& extent) {
  snapshot_ = extent.snapshot;
  offset_ = 0;
  in_snapshot_ = extent.snapshot != 0;
  segment_ = extent.oldest_segment;
  checksum_ = 0;
  Step step;
  const Result<Directory::Format> format = directory_.format();
  if (!format.is_ok() || *format != Directory::Format::current)
    step.fault = fault_at(directory_.file("FORMAT"), 0, "it does not name the format");
  return step;
}

FilePass::Step FilePass::read_snapshot() {
  SnapshotPart part = verify_snapshot(directory_.files(), directory_.snapshot(*snapshot_), offset_, kPiece);
  if (offset_ == 0) checksum_ = part.head.checksum;
  if (offset_ == 0 && !part.fault && part.head.sequence != *snapshot_)
    part.fault = fault_at(directory_.snapshot(*snapshot_), 0, "the name of the snapshot is not what it holds");
  in_snapshot_ = !part.last;
  return {part.end - std::exchange(offset_, part.end), false, std::move(part.fault)};
}

// The one after the log's end may have been made already, and must be fit to be written to.
FilePass::Step FilePass::read_segment(const Extent& extent) {
  const Path path = directory_.segment(segment_);
  Result<Bytes> bytes = read_file(directory_.files(), path);
  const bool spare = segment_ > extent.end.sequence;
  Step step;
  step.last = spare;
  if (bytes.is_ok()) {
    step.bytes = bytes->size();
    step.fault = fault_in(extent, path, *bytes);
  } else if (!spare || bytes.status().code() != Code::not_found) {
    step.fault = fault_at(path, 0, bytes.status().message());
  }
  ++segment_;
  return step;
}

std::optional<StorageFault> FilePass::fault_in(const Extent& extent, const Path& path, Bytes& bytes) {
  const std::optional<SegmentHeader> header = decode_segment_header(bytes);
  if (!header || header->id.sequence != segment_) return fault_at(path, 0, "the header of the segment is not valid");
  if (bytes.size() < header->capacity) return fault_at(path, bytes.size(), "the file ends here, and was made longer");
  if (segment_ > extent.end.sequence) return std::nullopt;
  const bool tail = segment_ == extent.end.sequence;
  if (tail) {
    // What follows is just being written, and so are the second copies.
    bytes.resize(extent.end.offset);
    if (header->slot_bytes > 0) bytes.replace(header->slot(0), 2 * header->slot_bytes, 2 * header->slot_bytes, '\0');
  }
  const SegmentWalk walk = walk_segment(bytes, *header, [](const Frame&) {});
  if (!walk.restored.empty())
    return fault_at(path, walk.restored.front().offset, "a frame is not valid, but for its second copy");
  if (!walk.clean || walk.broken || (tail && walk.end != extent.end.offset))
    return fault_at(path, walk.end, "a frame is not valid");
  if (walk.frames > 0 && walk.first_previous != checksum_.value_or(walk.first_previous))
    return fault_at(path, header->begin(), "acknowledged frames are missing before this one");
  if (tail && extent.end.checksum != (walk.frames > 0 ? walk.first_previous : checksum_.value_or(extent.end.checksum)))
    return fault_at(path, header->begin(), "acknowledged frames are missing before this segment");
  if (tail) {
    checksum_.reset();  // it has grown by the next step, and may not be the log's last any more
  } else if (walk.frames > 0) {
    checksum_ = walk.last_checksum;
  }
  return std::nullopt;
}

}  // namespace stator::memtable
