#include "frame.h"

#include "crc32c.h"
#include "encoding.h"

// Grammar of a frame; numbers are little-endian, varint is LEB128. Frames start at multiples of 8.
//
//   frame      = header payload
//   header     = magic:u32 "SLF1"  version:u16 = 1  zero:u16  length:u32  checksum:u32  previous:u32  sequence:u32
//   payload    = count:varint mutation*count zero{0..7}                 ; `length` bytes in all, a multiple of 8
//   mutation   = 0x00 key_length:varint key                             ; remove
//              | 0x01 key_length:varint value_length:varint key value   ; put
//   terminator = zero*24                                                ; after the last frame, where there is room
//   echo       = offset:u64 frame                                       ; its second copy, see segment.cc
//
// checksum = CRC32C of sequence:u64 salt:u64 offset:u64 of the place, then the frame without the checksum itself.
// `sequence` holds the low 32 bits of the segment's; `previous` the checksum of the frame before, across segments.
// A frame of count 0 is a mark: it says that the frame before it was synced.

namespace stator::memtable {
namespace {

constexpr std::uint32_t kMagic = 0x31464c53;  // "SLF1"
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kLengthAt = 8;
constexpr std::size_t kChecksumAt = 12;
constexpr std::size_t kPreviousAt = 16;
constexpr std::size_t kSequenceAt = 20;

std::uint32_t checksum(BytesView frame, std::uint64_t offset, const SegmentId& segment) {
  const std::uint64_t place[] = {segment.sequence, segment.salt, offset};
  std::uint32_t sum = crc32c(0, BytesView(reinterpret_cast<const char*>(place), sizeof place));
  sum = crc32c(sum, frame.substr(0, kChecksumAt));
  return crc32c(sum, frame.substr(kPreviousAt));
}

void append_mutation(Bytes& out, const Mutation& mutation) {
  out.push_back(mutation.remove ? '\0' : '\1');
  append_varint(out, mutation.key.size());
  if (!mutation.remove) append_varint(out, mutation.value.size());
  out.append(mutation.key);
  if (!mutation.remove) out.append(mutation.value);
}

}  // namespace

Status FrameBuffer::fill(WriteBatch batch) {
  bytes_.assign(kEchoHeader + kFrameHeader, '\0');
  append_varint(bytes_, batch.size());
  for (const Mutation& mutation : batch) {
    append_mutation(bytes_, mutation);
    if (bytes_.size() > kMaxFrame) return Status(Code::too_large, "a batch of more than 1 GiB");
  }
  bytes_.append((kFrameAlignment - bytes_.size() % kFrameAlignment) % kFrameAlignment, '\0');
  size_ = bytes_.size() - kEchoHeader;
  bytes_.append(kFrameHeader, '\0');
  return Status::ok();
}

std::uint32_t FrameBuffer::seal(const FramePlace& place) {
  store_number(bytes_.data(), place.offset);
  char* header = bytes_.data() + kEchoHeader;
  store_number(header, kMagic);
  store_number(header + 4, kVersion);
  store_number(header + kLengthAt, static_cast<std::uint32_t>(size_ - kFrameHeader));
  store_number(header + kPreviousAt, place.previous);
  store_number(header + kSequenceAt, static_cast<std::uint32_t>(place.segment.sequence));
  const std::uint32_t sum = checksum(frame(), place.offset, place.segment);
  store_number(header + kChecksumAt, sum);
  return sum;
}

std::optional<Frame> frame_in(BytesView bytes, std::uint64_t offset, const SegmentId& segment) {
  if (bytes.size() < kFrameHeader) return std::nullopt;
  const char* header = bytes.data();
  if (load_number<std::uint32_t>(header) != kMagic) return std::nullopt;
  if (load_number<std::uint16_t>(header + 4) != kVersion) return std::nullopt;
  if (load_number<std::uint32_t>(header + kSequenceAt) != static_cast<std::uint32_t>(segment.sequence))
    return std::nullopt;
  const std::uint64_t size = kFrameHeader + load_number<std::uint32_t>(header + kLengthAt);
  if (size > bytes.size() || size % kFrameAlignment != 0) return std::nullopt;
  bytes = bytes.substr(0, size);
  const auto sum = load_number<std::uint32_t>(header + kChecksumAt);
  if (checksum(bytes, offset, segment) != sum) return std::nullopt;
  return Frame{bytes, bytes.substr(kFrameHeader), sum, load_number<std::uint32_t>(header + kPreviousAt), size};
}

std::optional<Frame> frame_at(BytesView segment_bytes, std::uint64_t offset, const SegmentId& segment) {
  if (offset > segment_bytes.size()) return std::nullopt;
  return frame_in(segment_bytes.substr(offset), offset, segment);
}

bool decode_payload(BytesView payload, const std::function<void(const Mutation&)>& apply) {
  Cursor cursor(payload);
  const std::uint64_t count = cursor.varint();
  for (std::uint64_t i = 0; i < count; ++i) {
    BytesView kind = cursor.take(1);
    if (!cursor.ok() || static_cast<unsigned char>(kind[0]) > 1) return false;
    Mutation mutation{.remove = kind[0] == '\0'};
    const std::uint64_t key_size = cursor.varint();
    const std::uint64_t value_size = mutation.remove ? 0 : cursor.varint();
    mutation.key = cursor.take(key_size);
    mutation.value = cursor.take(value_size);
    if (!cursor.ok()) return false;
    apply(mutation);
  }
  return cursor.ok() && cursor.rest().size() < kFrameAlignment;
}

}  // namespace stator::memtable
