#include "checkpoint.h"

#include "snapshot.h"

namespace stator::memtable {
namespace {

/// Copies a segment up to `end`, or all of it if `end` is 0; what follows is zeros.
Status copy_segment(Files& files, const Path& from, const Path& to, std::uint64_t end) {
  Result<Bytes> bytes = read_file(files, from);
  if (!bytes.is_ok()) return bytes.status();
  const std::size_t size = bytes->size();
  if (end != 0) bytes->resize(end);
  Result<std::unique_ptr<File>> file = files.open(to, OpenMode::create);
  if (!file.is_ok()) return file.status();
  if (Status grown = (*file)->resize(size); !grown.is_ok()) return grown;
  if (Status written = (*file)->write(0, *bytes); !written.is_ok()) return written;
  return (*file)->sync();
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
