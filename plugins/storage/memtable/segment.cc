#include "segment.h"

#include <algorithm>
#include <array>
#include <string>

#include "crc32c.h"
#include "encoding.h"

// Grammar of a segment file of version 2, numbers little-endian:
//
//   segment = page slot slot frame* terminator? rest
//   page    = header zero{..4096}
//   header  = "STATORLG" version:u32 = 2  checksum:u32  sequence:u64  salt:u64  slot_bytes:u64  capacity:u64
//   slot    = (echo | what a torn write, or a former life of the file, left){slot_bytes}   ; see frame.cc
//   rest    = zeros, or what a former life of the file left: never a valid frame here (see frame.cc)
//
// checksum = CRC32C of the other 44 bytes of the header. The file is at least `capacity` bytes long.
//
// The slots tell a torn frame from a damaged one. A frame and its echo are made durable by one sync, in pages of their
// own, and the next frame has its echo in the other slot. So until it is known that a frame was synced (the one after
// it is durable), there are two copies of it. Neither is whole: it was being written when the power went, and was
// acknowledged to nobody. One is whole: that is it. A later frame, or the echo of one, is there, but not this one: it
// was synced, and is damaged. A frame larger than a slot has no echo; a mark follows it, with a sync of its own, before
// it is acknowledged.
//
// Version 1, still read and written on until it is full, but no longer made: it has neither slots nor a capacity,
//
//   segment = header frame* terminator? rest
//   header  = "STATORLG" version:u32 = 1  checksum:u32  sequence:u64  salt:u64

namespace stator::memtable {
namespace {

constexpr BytesView kMagic = "STATORLG";
constexpr std::uint32_t kVersion = 2;
constexpr std::size_t kHeader = 48;
constexpr std::uint32_t kOldVersion = 1;
constexpr std::size_t kOldHeader = 32;
constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kLargestSlot = 1 << 20;
std::uint32_t header_checksum(BytesView header) { return crc32c(crc32c(0, header.substr(0, 12)), header.substr(16)); }

bool all_zero(BytesView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == '\0'; });
}

bool clean_end(BytesView bytes, std::uint64_t end) {
  return end + kFrameHeader > bytes.size() || all_zero(bytes.substr(end, kFrameHeader));
}

bool any_frame_after(BytesView bytes, std::uint64_t end, const SegmentId& segment) {
  for (std::uint64_t at = end; at + kFrameHeader <= bytes.size(); at += kFrameAlignment) {
    if (frame_at(bytes, at, segment)) return true;
  }
  return false;
}

using Echoes = std::array<std::optional<Echo>, 2>;

/// The frame that belongs at `offset`, out of a slot.
const Echo* echo_of(const Echoes& echoes, std::uint64_t offset, std::optional<std::uint32_t> previous) {
  for (const std::optional<Echo>& echo : echoes) {
    if (echo && echo->offset == offset && (!previous || echo->frame.previous == *previous)) return &*echo;
  }
  return nullptr;
}

/// The slot that holds the echo of the frame there; else the one whose content is the older.
std::size_t slot_for(const Echoes& echoes, std::uint64_t offset) {
  if (echoes[0] && echoes[0]->offset == offset) return 0;
  if (echoes[1] && echoes[1]->offset == offset) return 1;
  if (!echoes[0] || !echoes[1]) return echoes[0] ? 1 : 0;
  return echoes[0]->offset < echoes[1]->offset ? 0 : 1;
}

}  // namespace

std::uint64_t SegmentHeader::begin() const { return slot_bytes == 0 ? kOldHeader : kPage + 2 * slot_bytes; }

std::uint64_t SegmentHeader::slot(std::size_t number) const { return kPage + number * slot_bytes; }

std::uint64_t slot_bytes_for(std::uint64_t segment_bytes) {
  return std::clamp(segment_bytes / 16 / kPage * kPage, kPage, kLargestSlot);
}

SegmentHeader make_segment_header(const SegmentId& id, std::uint64_t segment_bytes) {
  SegmentHeader header{.id = id, .slot_bytes = slot_bytes_for(segment_bytes)};
  header.capacity = header.begin() + segment_bytes;
  return header;
}

Bytes encode_segment_header(const SegmentHeader& header) {
  Bytes bytes(kMagic);
  append_number(bytes, kVersion);
  append_number(bytes, std::uint32_t{0});
  append_number(bytes, header.id.sequence);
  append_number(bytes, header.id.salt);
  append_number(bytes, header.slot_bytes);
  append_number(bytes, header.capacity);
  store_number(bytes.data() + 12, header_checksum(bytes));
  return bytes;
}

std::optional<SegmentHeader> decode_segment_header(BytesView bytes) {
  if (bytes.size() < kOldHeader || !bytes.starts_with(kMagic)) return std::nullopt;
  const auto version = load_number<std::uint32_t>(bytes.data() + 8);
  const std::size_t size = version == kOldVersion ? kOldHeader : kHeader;
  if (version > kVersion || bytes.size() < size) return std::nullopt;
  if (load_number<std::uint32_t>(bytes.data() + 12) != header_checksum(bytes.substr(0, size))) return std::nullopt;
  SegmentHeader header{{load_number<std::uint64_t>(bytes.data() + 16), load_number<std::uint64_t>(bytes.data() + 24)}};
  if (version == kVersion) {
    header.slot_bytes = load_number<std::uint64_t>(bytes.data() + 32);
    header.capacity = load_number<std::uint64_t>(bytes.data() + 40);
  }
  return header;
}

std::optional<Echo> echo_in(BytesView segment_bytes, const SegmentHeader& header, std::size_t slot) {
  const std::uint64_t at = header.slot(slot);
  if (header.slot_bytes < kEchoHeader || segment_bytes.size() < at + header.slot_bytes) return std::nullopt;
  const BytesView bytes = segment_bytes.substr(at, header.slot_bytes);
  const auto offset = load_number<std::uint64_t>(bytes.data());
  std::optional<Frame> frame = frame_in(bytes.substr(kEchoHeader), offset, header.id);
  if (!frame) return std::nullopt;
  return Echo{offset, *frame};
}

SegmentWalk walk_segment(BytesView bytes, const SegmentHeader& header, const std::function<void(const Frame&)>& visit) {
  const Echoes echoes{echo_in(bytes, header, 0), echo_in(bytes, header, 1)};
  SegmentWalk walk{.end = header.begin()};
  for (;;) {
    const auto previous = walk.frames == 0 ? std::nullopt : std::optional(walk.last_checksum);
    std::optional<Frame> frame = frame_at(bytes, walk.end, header.id);
    const bool restored = !frame || (previous && frame->previous != *previous);
    if (restored) {
      const Echo* echo = echo_of(echoes, walk.end, previous);
      if (echo == nullptr) break;
      walk.restored.push_back(*echo);
      frame = echo->frame;
    }
    if (walk.frames == 0) walk.first_previous = frame->previous;
    visit(*frame);
    walk.last_offset = walk.end;
    walk.last_frame = frame->bytes;
    walk.last_checksum = frame->checksum;
    walk.end += frame->size;
    ++walk.frames;
  }
  walk.last_slot = slot_for(echoes, walk.last_offset);
  // After a frame that was restored stands what the rest of its torn write left.
  const bool last_restored = !walk.restored.empty() && walk.restored.back().offset == walk.last_offset;
  walk.clean = last_restored || clean_end(bytes, walk.end);
  walk.broken =
      any_frame_after(bytes, walk.end, header.id) ||
      std::any_of(echoes.begin(), echoes.end(), [&walk](const auto& echo) { return echo && echo->offset >= walk.end; });
  return walk;
}

Status damaged(const Path& path, std::uint64_t offset, std::string_view what) {
  const Path directory = path.substr(0, path.find_last_of('/'));
  return Status(Code::data_loss,
                path + " is damaged at offset " + std::to_string(offset) + ": " + std::string(what) +
                    "; put a good copy of the directory back, or set the damage aside and have this node filled by its "
                    "peers: stator storage quarantine " +
                    directory);
}

}  // namespace stator::memtable
