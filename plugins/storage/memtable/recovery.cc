#include "recovery.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "encoding.h"
#include "seeded_bugs.h"

namespace stator::memtable {
namespace {

constexpr SnapshotHead kNoSnapshot{1, 0};

/// What there is to recover from. In a rehearsal no file is changed.
struct Source {
  const Directory& directory;
  const Directory::Listing& listing;
  bool rehearsal = false;
};

/// Replays the segments of a log in order and finds where it ends. [serial]
class Replay {
 public:
  Replay(const Source& source, const SnapshotHead& from, Index& index)
      : directory_(source.directory),
        rehearsal_(source.rehearsal),
        index_(index),
        next_(from.sequence),
        checksum_(from.checksum) {}

  /// `reach` is a segment that is known to have been there.
  Status run(const std::vector<std::uint64_t>& segments, std::uint64_t reach);
  /// Makes the end of the log durable and fit for appending, and gives it away. `torn` tells whether something was cut.
  Result<LogTail> finish(bool& torn);
  std::deque<Segment> take_ready() { return std::move(ready_); }
  /// What people should hear of: a sentence each.
  std::vector<std::string> take_remarks() { return std::move(remarks_); }

 private:
  Status read(std::uint64_t sequence);
  Status apply(Segment segment, BytesView bytes);
  Status check(const Segment& segment, const SegmentWalk& walk) const;
  Status put_back(const Segment& segment, const SegmentWalk& walk);

  const Directory& directory_;
  const bool rehearsal_;
  Index& index_;
  std::uint64_t next_;
  std::uint32_t checksum_;  ///< of the last frame so far
  Bytes last_frame_;        ///< of the tail; empty if it has none
  std::size_t last_slot_ = 0;
  LogTail tail_;       ///< the last segment with something in it, or the first
  bool torn_ = false;  ///< something that is no valid frame stands at the tail
  std::deque<Segment> ready_;
  std::vector<std::string> remarks_;
};

Status Replay::run(const std::vector<std::uint64_t>& segments, std::uint64_t reach) {
  for (std::uint64_t sequence : segments) {
    if (sequence < next_) continue;  // replaced by the snapshot
    if (sequence > next_) break;
    if (Status done = read(sequence); !done.is_ok()) return done;
    ++next_;
  }
  if (next_ <= reach || segments.back() >= next_) {
    return damaged(directory_.segment(next_), 0, "this segment of the log is missing");
  }
  return Status::ok();
}

Status Replay::read(std::uint64_t sequence) {
  Segment segment{.path = directory_.segment(sequence)};
  Result<std::unique_ptr<File>> file =
      directory_.files().open(segment.path, rehearsal_ ? OpenMode::read : OpenMode::write);
  if (!file.is_ok()) return file.status();
  segment.file = std::move(*file);
  Result<std::uint64_t> size = segment.file->size();
  if (!size.is_ok()) return size.status();
  Result<Bytes> bytes = segment.file->read(0, *size);
  if (!bytes.is_ok()) return bytes.status();
  std::optional<SegmentHeader> header = decode_segment_header(*bytes);
  if (!header || header->id.sequence != sequence)
    return damaged(segment.path, 0, "the header of the segment is not valid");
  if (*size < header->capacity)
    return damaged(segment.path, *size,
                   "the file ends here, and was made " + std::to_string(header->capacity) + " bytes long");
  segment.header = *header;
  if (segment.header.capacity == 0) segment.header.capacity = *size;
  return apply(std::move(segment), *bytes);
}

Status Replay::apply(Segment segment, BytesView bytes) {
  bool well_formed = true;
  const SegmentWalk walk = walk_segment(bytes, segment.header, [&](const Frame& frame) {
    well_formed &= decode_payload(frame.payload, [this](const Mutation& mutation) { index_.apply(mutation); });
  });
  if (!well_formed) return damaged(segment.path, segment.header.begin(), "a frame with a right checksum is malformed");
  if (Status sound = check(segment, walk); !sound.is_ok()) return sound;
  if (Status done = put_back(segment, walk); !done.is_ok()) return done;
  const bool used = walk.frames > 0 || !walk.clean;
  if (!used && tail_.segment.file != nullptr) {
    ready_.push_back(std::move(segment));
    return Status::ok();
  }
  ready_.clear();
  const std::uint64_t begin = segment.header.begin();
  tail_ = LogTail{std::move(segment),
                  walk.end,
                  checksum_,
                  walk.frames > 0 ? walk.last_checksum : checksum_,
                  tail_.bytes + walk.end - begin,
                  1 - walk.last_slot};
  checksum_ = tail_.last_checksum;
  last_frame_ = walk.last_frame;
  last_slot_ = walk.last_slot;
  torn_ = !walk.clean;
  return Status::ok();
}

/// Brings frames of which only the second copy is whole back to their places, before that is written over.
Status Replay::put_back(const Segment& segment, const SegmentWalk& walk) {
  for (const Echo& echo : walk.restored) {
    if (Status put = rehearsal_ ? Status::ok() : segment.file->write(echo.offset, echo.frame.bytes); !put.is_ok())
      return put;
    remarks_.push_back(segment.path + ": the frame at offset " + std::to_string(echo.offset) +
                       " was not whole; its second copy takes its place");
  }
  return rehearsal_ || walk.restored.empty() ? Status::ok() : segment.file->sync();
}

/// Only the last frame of all may be torn, for each is synced before the next is written.
Status Replay::check(const Segment& segment, const SegmentWalk& walk) const {
  if (walk.broken && !MEMTABLE_SEEDED_BUG(damaged_middle_truncated)) {
    return damaged(segment.path, walk.end, "a frame is not valid, but frames written after it are");
  }
  const bool used = walk.frames > 0 || !walk.clean;
  const Path& before = tail_.segment.file == nullptr ? segment.path : tail_.segment.path;
  if (used && torn_)
    return damaged(before, tail_.offset, "a frame is not valid, but " + segment.path + " was written after it");
  if (walk.frames > 0 && walk.first_previous != checksum_) {
    return damaged(before, tail_.segment.file == nullptr ? segment.header.begin() : tail_.offset,
                   "acknowledged frames are missing here, " + segment.path + " was written after them");
  }
  return Status::ok();
}

Result<LogTail> Replay::finish(bool& torn) {
  torn = torn_;
  if (rehearsal_) return std::move(tail_);
  File& file = *tail_.segment.file;
  // A killed process may have left a whole frame that only the page cache knows; readers are about to see it. If a sync
  // failed on it, the cache calls it clean and no sync would bring it to disk: it is written once more.
  const SegmentHeader& header = tail_.segment.header;
  const std::uint64_t room = std::min(kFrameHeader, header.capacity - tail_.offset);
  const std::uint64_t at = tail_.offset - last_frame_.size();
  if (Status cut = file.write(at, last_frame_ + Bytes(room, '\0')); !cut.is_ok()) return cut;
  if (!last_frame_.empty() && header.echoes(last_frame_.size())) {
    Bytes echo;
    append_number(echo, at);
    echo += last_frame_;
    if (Status copied = file.write(header.slot(last_slot_), echo); !copied.is_ok()) return copied;
  }
  if (Status synced = file.sync(); !synced.is_ok()) return synced;
  return std::move(tail_);
}

/// Removes what the chosen snapshot and the log after it make superfluous. What fails to go is only noted.
void tidy(const Source& source, Recovered& kept) {
  const Directory& directory = source.directory;
  std::vector<Path> superfluous;
  for (const std::string& name : source.listing.unfinished) superfluous.push_back(directory.file(name));
  for (std::uint64_t sequence : source.listing.segments) {
    if (sequence < kept.oldest_segment) superfluous.push_back(directory.segment(sequence));
  }
  for (std::uint64_t sequence : source.listing.snapshots) {
    if (!kept.has_snapshot || sequence != kept.oldest_segment) superfluous.push_back(directory.snapshot(sequence));
  }
  for (const Path& path : superfluous) {
    Status removed = directory.files().remove(path);
    if (!removed.is_ok()) kept.remarks.push_back("a superfluous file stays: " + removed.text());
  }
}

Result<Recovered> recover_from(const Source& source, std::optional<std::uint64_t> snapshot) {
  const Directory& directory = source.directory;
  Recovered recovered{.index = std::make_unique<Index>(), .has_snapshot = snapshot.has_value()};
  Index& index = *recovered.index;
  SnapshotHead from = kNoSnapshot;
  if (snapshot) {
    const Path path = directory.snapshot(*snapshot);
    auto head = read_snapshot(directory.files(), path, [&index](const Mutation& entry) { index.apply(entry); });
    if (!head.is_ok()) return head.status();
    if (head->sequence != *snapshot) return damaged(path, 0, "the name of the snapshot is not what it holds");
    from = *head;
  }
  Replay replay(source, from, index);
  const std::uint64_t reach = source.listing.snapshots.empty() ? kNoSnapshot.sequence : source.listing.snapshots.back();
  if (Status replayed = replay.run(source.listing.segments, reach); !replayed.is_ok()) return replayed;
  recovered.oldest_segment = from.sequence;
  bool torn = false;
  Result<LogTail> tail = replay.finish(torn);
  if (!tail.is_ok()) return tail.status();
  recovered.tail = std::move(*tail);
  recovered.ready = replay.take_ready();
  recovered.remarks = replay.take_remarks();
  if (torn) {
    recovered.remarks.push_back(recovered.tail.segment.path + " ended in a torn frame at offset " +
                                std::to_string(recovered.tail.offset) + ", which was never acknowledged; it was cut");
  }
  if (source.rehearsal) return recovered;
  // The names found may not be durable yet, and what they replace is about to go.
  if (Status synced = directory.sync(); !synced.is_ok()) return synced;
  tidy(source, recovered);
  return recovered;
}

Result<Recovered> recover_from_any(const Source& source) {
  const std::vector<std::uint64_t>& snapshots = source.listing.snapshots;
  if (snapshots.empty()) return recover_from(source, std::nullopt);
  Result<Recovered> newest = recover_from(source, snapshots.back());
  if (newest.status().code() != Code::data_loss) return newest;
  // An older snapshot does as well if the whole log after it is still there; and so does the log alone.
  std::vector<std::optional<std::uint64_t>> older(snapshots.rbegin() + 1, snapshots.rend());
  older.emplace_back(std::nullopt);
  for (std::optional<std::uint64_t> snapshot : older) {
    Result<Recovered> recovered = recover_from(source, snapshot);
    if (!recovered.is_ok()) continue;
    recovered->remarks.push_back("recovered without the newest snapshot: " + newest.status().text());
    return recovered;
  }
  return newest;
}

}  // namespace

Result<Recovered> recover(Host& host, const Directory& directory) {
  Result<Directory::Listing> listing = directory.list();
  if (!listing.is_ok()) return listing.status();
  Result<Recovered> recovered = recover_from_any({directory, *listing});
  if (!recovered.is_ok()) return recovered;
  for (const std::string& remark : recovered->remarks) host.log(LogLevel::warning, remark);
  return recovered;
}

Result<Recovered> rehearse_recovery(const Directory& directory) {
  Result<Directory::Listing> listing = directory.list();
  if (!listing.is_ok()) return listing.status();
  return recover_from_any({directory, *listing, true});
}

Result<bool> holds_writes(const Directory& directory) {
  Result<Directory::Listing> listing = directory.list();
  if (!listing.is_ok()) return listing.status();
  if (!listing->snapshots.empty()) return true;
  if (listing->segments.empty() || listing->segments.back() > 1) return !listing->segments.empty();
  Result<Bytes> first = read_file(directory.files(), directory.segment(1));
  if (!first.is_ok()) return first.status();
  return first->find_first_not_of('\0', encode_segment_header({}).size()) != Bytes::npos;
}

}  // namespace stator::memtable
