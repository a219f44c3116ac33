#include "segment.h"

#include <algorithm>
#include <string>

#include "crc32c.h"
#include "encoding.h"

// Grammar of a segment file, numbers little-endian:
//
//   segment = header frame* terminator? rest
//   header  = "STATORLG" version:u32 = 1  checksum:u32  sequence:u64  salt:u64
//   rest    = zeros, or what a former life of the file left: never a valid frame here (see frame.cc)
//
// checksum = CRC32C of the other 28 bytes of the header.

namespace stator::memtable {
namespace {

constexpr BytesView kMagic = "STATORLG";
constexpr std::uint32_t kVersion = 1;

std::uint32_t header_checksum(BytesView header) {
  return crc32c(crc32c(0, header.substr(0, 12)), header.substr(16, 16));
}

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

}  // namespace

Bytes encode_segment_header(const SegmentId& segment) {
  Bytes header(kMagic);
  append_number(header, kVersion);
  append_number(header, std::uint32_t{0});
  append_number(header, segment.sequence);
  append_number(header, segment.salt);
  store_number(header.data() + 12, header_checksum(header));
  header.append(kFrameHeader, '\0');
  return header;
}

std::optional<SegmentId> decode_segment_header(BytesView bytes) {
  if (bytes.size() < kSegmentHeader || !bytes.starts_with(kMagic)) return std::nullopt;
  if (load_number<std::uint32_t>(bytes.data() + 8) != kVersion) return std::nullopt;
  if (load_number<std::uint32_t>(bytes.data() + 12) != header_checksum(bytes)) return std::nullopt;
  return SegmentId{load_number<std::uint64_t>(bytes.data() + 16), load_number<std::uint64_t>(bytes.data() + 24)};
}

SegmentWalk walk_segment(BytesView bytes, const SegmentId& segment, const std::function<void(const Frame&)>& visit) {
  SegmentWalk walk;
  while (std::optional<Frame> frame = frame_at(bytes, walk.end, segment)) {
    if (walk.frames == 0) {
      walk.first_previous = frame->previous;
    } else if (frame->previous != walk.last_checksum) {
      break;  // a valid frame that does not follow on: any_frame_after will find it
    }
    visit(*frame);
    walk.last_checksum = frame->checksum;
    walk.end += frame->size;
    ++walk.frames;
  }
  walk.clean = clean_end(bytes, walk.end);
  walk.broken = any_frame_after(bytes, walk.end, segment);
  return walk;
}

Status damaged(const Path& path, std::uint64_t offset, std::string_view what) {
  return Status(Code::data_loss, path + " is damaged at offset " + std::to_string(offset) + ": " + std::string(what));
}

}  // namespace stator::memtable
