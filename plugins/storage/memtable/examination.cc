#include "examination.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "index.h"
#include "recovery.h"
#include "segment.h"
#include "snapshot.h"

// A directory that recovery takes is sound, and this is what recovery makes of it. In one that it refuses, each file is
// gone through for itself, and what is whole is applied in the order in which it was written: a frame is whole if its
// checksum holds, which nobody can forge who does not know the salt in the segment's header, so frames can be looked
// for behind others that are damaged.

namespace stator::memtable {
namespace {

/// Goes through files of which some are damaged. [serial]
class Salvaging {
 public:
  Salvaging(const Directory& directory, const Directory::Listing& listing, StorageFindings& findings)
      : directory_(directory), listing_(listing), findings_(findings) {}

  void run() {
    const std::uint64_t first = base();
    std::uint64_t last = std::max(listing_.segments.empty() ? 0 : listing_.segments.back(),
                                  listing_.snapshots.empty() ? 0 : listing_.snapshots.back());
    last = std::max(last, first);
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
      const auto& all = listing_.segments;
      if (std::binary_search(all.begin(), all.end(), sequence)) {
        read(sequence);
      } else {
        fault(directory_.segment(sequence), 0, 0, "this segment of the log is missing");
      }
    }
  }
  const Index& index() const { return index_; }

 private:
  void fault(const Path& file, std::uint64_t offset, std::uint64_t bytes, std::string what) {
    findings_.faults.push_back({file, offset, bytes, std::move(what)});
    interrupted_ = true;
  }

  /// Loads the newest snapshot of which the header is whole; the segment from which the log goes on.
  std::uint64_t base() {
    for (auto at = listing_.snapshots.rbegin(); at != listing_.snapshots.rend(); ++at) {
      const std::size_t faults = findings_.faults.size();
      const Path path = directory_.snapshot(*at);
      const Result<SnapshotHead> head = salvage_snapshot(
          directory_.files(), path, [this](const Mutation& entry) { index_.apply(entry); }, findings_.faults);
      interrupted_ = findings_.faults.size() > faults;
      if (!head.is_ok()) continue;
      if (head->sequence != *at) fault(path, 0, 0, "the name of the snapshot is not what it holds");
      checksum_ = head->checksum;
      return head->sequence;
    }
    interrupted_ = false;
    return 1;
  }

  void read(std::uint64_t sequence) {
    const Path path = directory_.segment(sequence);
    const Result<Bytes> bytes = read_file(directory_.files(), path);
    if (!bytes.is_ok()) return fault(path, 0, 0, bytes.status().message());
    const std::optional<SegmentHeader> header = decode_segment_header(*bytes);
    if (!header || header->id.sequence != sequence)
      return fault(path, 0, bytes->size(), "the header of the segment is not valid, without which no frame is");
    walk(path, *bytes, *header);
    if (bytes->size() < header->capacity)
      fault(path, bytes->size(), header->capacity - bytes->size(),
            "the file ends here, and was made " + std::to_string(header->capacity) + " bytes long");
  }

  void walk(const Path& path, BytesView bytes, const SegmentHeader& header) {
    const std::array<std::optional<Echo>, 2> echoes{echo_in(bytes, header, 0), echo_in(bytes, header, 1)};
    const auto frame_here = [&](std::uint64_t at) {
      std::optional<Frame> frame = frame_at(bytes, at, header.id);
      for (const std::optional<Echo>& echo : echoes) {
        if (!frame && echo && echo->offset == at) frame = echo->frame;
      }
      return frame;
    };
    // Echoes may belong behind the end of a file that was cut short.
    std::uint64_t end = bytes.size();
    for (const std::optional<Echo>& echo : echoes) end = echo ? std::max(end, echo->offset + 1) : end;
    std::uint64_t at = header.begin();
    std::uint64_t gap = at;  // where frames have been missing from; at if none
    for (std::uint64_t place = at; place < end; place += kFrameAlignment) {
      const std::optional<Frame> frame = frame_here(place);
      if (!frame) continue;
      if (place > gap) {
        fault(path, gap, place - gap, "no frame here is valid, but frames written after it are");
      } else {
        follow(path, place, *frame);
      }
      apply(path, place, *frame);
      gap = place + frame->size;
      place = gap - kFrameAlignment;
    }
    ended_at(path, bytes, gap);
  }

  /// A frame with nothing invalid before it. What it was written after is what stands before it, or that is lost.
  void follow(const Path& path, std::uint64_t at, const Frame& frame) {
    if (!tail_.empty()) fault(tail_, tail_at_, 0, "a frame is not valid, but " + path + " was written after it");
    const bool missing = frame.previous != checksum_ && !interrupted_;
    if (missing) fault(path, at, 0, "acknowledged frames are missing before this one");
  }

  void apply(const Path& path, std::uint64_t at, const Frame& frame) {
    const bool well_formed =
        decode_payload(frame.payload, [this](const Mutation& mutation) { index_.apply(mutation); });
    if (!well_formed) fault(path, at, frame.size, "a frame with a right checksum is malformed");
    checksum_ = frame.checksum;
    interrupted_ = false;
    tail_.clear();
  }

  /// Something that is no frame there may be torn, if nothing was written after it.
  void ended_at(const Path& path, BytesView bytes, std::uint64_t at) {
    const BytesView next = bytes.substr(std::min<std::uint64_t>(at, bytes.size()), kFrameHeader);
    if (next.size() < kFrameHeader || next.find_first_not_of('\0') == BytesView::npos) return;
    tail_ = path;
    tail_at_ = at;
  }

  const Directory& directory_;
  const Directory::Listing& listing_;
  StorageFindings& findings_;
  Index index_;
  std::uint32_t checksum_ = 0;  ///< of the last frame
  bool interrupted_ = false;    ///< a fault is known since that frame
  Path tail_;                   ///< the segment that ended in something invalid, if one did
  std::uint64_t tail_at_ = 0;
};

void visit_all(const Index& index, const Visitor& visit) {
  index.scan({}, {}, [&visit](BytesView key, BytesView value) {
    visit(key, value);
    return true;
  });
}

/// What is wrong with FORMAT, if that is all that can be wrong with it.
Result<std::string> format_fault(const Directory& directory, Directory::Format& format) {
  const Result<Directory::Format> found = directory.format();
  if (found.status().code() == Code::data_loss) return std::string("it names no format");
  if (!found.is_ok()) return found.status();
  format = *found;
  if (format != Directory::Format::none) return std::string();
  const Result<bool> written_to = holds_writes(directory);
  if (!written_to.is_ok()) return written_to.status();
  return std::string(*written_to ? "it is missing, but there is a log or a snapshot" : "");
}

}  // namespace

Result<StorageFindings> examine(const Directory& directory, const Visitor& visit) {
  StorageFindings findings;
  Directory::Format format = Directory::Format::current;
  const Result<std::string> wrong = format_fault(directory, format);
  if (!wrong.is_ok()) return wrong.status();
  const Result<Directory::Listing> listing = directory.list();
  if (!listing.is_ok()) return listing.status();
  findings.counts = {{"segments", listing->segments.size()}, {"snapshots", listing->snapshots.size()}};
  if (!wrong->empty()) findings.faults.push_back({directory.file("FORMAT"), 0, 0, *wrong});
  if (format == Directory::Format::none && wrong->empty()) return findings;

  Result<Recovered> recovered = rehearse_recovery(directory);
  if (recovered.is_ok()) {
    findings.remarks = std::move(recovered->remarks);
    visit_all(*recovered->index, visit);
    return findings;
  }
  Salvaging salvaging(directory, *listing, findings);
  salvaging.run();
  if (findings.faults.empty()) findings.faults.push_back({directory.path(), 0, 0, recovered.status().message()});
  visit_all(salvaging.index(), visit);
  return findings;
}

}  // namespace stator::memtable
