#include "batch_codec.h"

#include <cstring>

namespace stator::grpc_transport {
namespace {

// Tags: field number * 8 + wire type.
constexpr std::uint64_t kHello = 0x0A;
constexpr std::uint64_t kLoop = 0x10;
constexpr std::uint64_t kFrame = 0x1A;
constexpr std::uint64_t kRefusal = 0x22;
constexpr std::uint64_t kId = 0x08;
constexpr std::uint64_t kReply = 0x10;
constexpr std::uint64_t kPayload = 0x1A;

constexpr std::size_t kLongestHead = 11;  // a tag and the longest varint

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

char* put_varint(std::uint64_t value, char* to) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

char* put_bytes(std::uint64_t tag, BytesView bytes, char* to) {
  to = put_varint(bytes.size(), put_varint(tag, to));
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

std::size_t envelope_size(const Outgoing& frame) {
  std::size_t size = frame.id == 0 ? 0 : 1 + varint_size(frame.id);
  if (frame.reply) size += 2;
  if (!frame.payload->empty()) size += 1 + varint_size(frame.payload->size()) + frame.payload->size();
  return size;
}

/// Reads fields off the front of a view.
class Fields {
 public:
  explicit Fields(BytesView bytes) : left_(bytes) {}
  bool done() const { return left_.empty(); }

  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool bytes(BytesView& value) {
    std::uint64_t size = 0;
    if (!varint(size)) return false;
    return fixed(size, value);
  }
  /// A field that a later version may add.
  bool skip(std::uint64_t tag) {
    std::uint64_t number = 0;
    BytesView ignored;
    switch (tag & 7) {
      case 0: return varint(number);
      case 1: return fixed(8, ignored);
      case 2: return bytes(ignored);
      case 5: return fixed(4, ignored);
      default: return false;
    }
  }

 private:
  bool fixed(std::uint64_t size, BytesView& value) {
    if (size > left_.size()) return false;
    value = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }
  BytesView left_;
};

bool decode_envelope(BytesView bytes, BatchView::Envelope& envelope) {
  Fields fields(bytes);
  while (!fields.done()) {
    std::uint64_t tag = 0;
    std::uint64_t flag = 0;
    if (!fields.varint(tag)) return false;
    bool read = false;
    switch (tag) {
      case kId: read = fields.varint(envelope.id); break;
      case kReply:
        read = fields.varint(flag);
        envelope.reply = flag != 0;
        break;
      case kPayload: read = fields.bytes(envelope.payload); break;
      default: read = fields.skip(tag);
    }
    if (!read) return false;
  }
  return true;
}

bool decode_field(std::uint64_t tag, Fields& fields, BatchView& batch) {
  std::uint64_t number = 0;
  BytesView bytes;
  switch (tag) {
    case kHello: return fields.bytes(batch.hello);
    case kRefusal: return fields.bytes(batch.refusal);
    case kLoop:
      if (!fields.varint(number)) return false;
      batch.loop = static_cast<std::uint32_t>(number);
      return true;
    case kFrame: return fields.bytes(bytes) && decode_envelope(bytes, batch.frames.emplace_back());
    default: return fields.skip(tag);
  }
}

}  // namespace

std::size_t encoded_size(std::span<const Outgoing> frames) {
  std::size_t size = 0;
  for (const Outgoing& frame : frames) {
    std::size_t envelope = envelope_size(frame);
    size += 1 + varint_size(envelope) + envelope;
  }
  return size;
}

void encode(std::span<const Outgoing> frames, char* to) {
  for (const Outgoing& frame : frames) {
    to = put_varint(envelope_size(frame), put_varint(kFrame, to));
    if (frame.id != 0) to = put_varint(frame.id, put_varint(kId, to));
    if (frame.reply) to = put_varint(1, put_varint(kReply, to));
    if (!frame.payload->empty()) to = put_bytes(kPayload, *frame.payload, to);
  }
}

Bytes encode_hello(BytesView hello, int loop) {
  Bytes bytes(2 * kLongestHead + hello.size(), '\0');
  char* end = bytes.data();
  if (!hello.empty()) end = put_bytes(kHello, hello, end);
  if (loop != 0) end = put_varint(static_cast<std::uint64_t>(loop), put_varint(kLoop, end));
  bytes.resize(static_cast<std::size_t>(end - bytes.data()));
  return bytes;
}

Bytes encode_refusal(BytesView reason) {
  Bytes bytes(kLongestHead + reason.size(), '\0');
  char* end = put_bytes(kRefusal, reason, bytes.data());
  bytes.resize(static_cast<std::size_t>(end - bytes.data()));
  return bytes;
}

Status decode(BytesView bytes, BatchView& batch) {
  batch.hello = {};
  batch.loop = 0;
  batch.refusal = {};
  batch.frames.clear();
  Fields fields(bytes);
  while (!fields.done()) {
    std::uint64_t tag = 0;
    if (!fields.varint(tag) || !decode_field(tag, fields, batch)) {
      return {Code::invalid_argument, "not a stator.v1.Batch of " + std::to_string(bytes.size()) + " bytes"};
    }
  }
  return {};
}

}  // namespace stator::grpc_transport
