#include "checkpoint.h"

#include "encoding.h"
#include "snapshot.h"

namespace stator::memtable {
namespace {

/// Makes the bytes of a segment that is being written to, those of one that ends at `end`. Its slots may be caught in
/// the midst of a write, and know of later frames.
Status end_at(const Path& path, std::uint64_t end, Bytes& bytes) {
  const std::optional<SegmentHeader> header = decode_segment_header(bytes);
  if (!header) return damaged(path, 0, "the header of the segment is not valid");
  const std::size_t size = bytes.size();
  bytes.resize(end);
  bytes.resize(size);
  if (header->slot_bytes == 0) return Status::ok();
  bytes.replace(header->slot(0), 2 * header->slot_bytes, 2 * header->slot_bytes, '\0');
  Bytes echo;
  const SegmentWalk walk = walk_segment(bytes, *header, [](const Frame&) {});
  append_number(echo, walk.last_offset);
  echo += walk.last_frame;
  if (walk.frames > 0 && header->echoes(walk.last_frame.size())) bytes.replace(header->slot(0), echo.size(), echo);
  return Status::ok();
}

/// Copies a segment up to `end`, or all of it if `end` is 0; what follows is zeros.
Status copy_segment(Files& files, const Path& from, const Path& to, std::uint64_t end) {
  Result<Bytes> bytes = read_file(files, from);
  if (!bytes.is_ok()) return bytes.status();
  if (end != 0) {
    if (Status ended = end_at(from, end, *bytes); !ended.is_ok()) return ended;
  }
  return write_file(files, to, *bytes);
}

Status require_empty(Files& files, const Path& target) {
  if (Status made = files.create_directory(target); !made.is_ok()) return made;
  Result<std::vector<std::string>> names = files.list(target);
  if (!names.is_ok()) return names.status();
  if (names->empty()) return Status::ok();
  return Status(Code::failed_precondition, target + " is not empty: a checkpoint needs a directory of its own");
}

}  // namespace

Status make_checkpoint(const CheckpointSource& source, const Path& target) {
  Files& files = source.directory.files();
  if (Status empty = require_empty(files, target); !empty.is_ok()) return empty;
  const Directory copy(files, target);
  const LogPosition begin = source.position();
  const SnapshotHead head{begin.sequence, begin.checksum};
  Status done = write_snapshot(files, copy.snapshot(begin.sequence), head, source.index, [] { return false; });
  if (!done.is_ok()) return done;
  const LogPosition end = source.position();
  for (std::uint64_t sequence = begin.sequence; sequence <= end.sequence; ++sequence) {
    done = copy_segment(files, source.directory.segment(sequence), copy.segment(sequence),
                        sequence == end.sequence ? end.offset : 0);
    if (!done.is_ok()) return done;
  }
  if (Status synced = copy.sync(); !synced.is_ok()) return synced;
  return copy.mark_made();
}

}  // namespace stator::memtable
