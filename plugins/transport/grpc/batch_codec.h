#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/transport.h"

namespace stator::grpc_transport {

// The wire form of stator.v1.Batch, written and read by hand, so that a frame is copied once on its way out and once on
// its way in. Byte for byte what the generated class writes (batch_codec_test holds them together):
//
//   batch    = [0x0A length hello] [0x10 varint(loop)] { 0x1A length envelope } [0x22 length refusal]
//   envelope = [0x08 varint(id)] [0x10 0x01 if reply] [0x1A length payload]
//
// Empty and zero fields are left out; `length` is a varint. A reader takes fields in any order and skips unknown ones.

/// A frame on its way out.
struct Outgoing {
  std::uint64_t id = 0;
  bool reply = false;
  Frame payload;
};

std::size_t encoded_size(std::span<const Outgoing> frames);
/// Writes exactly encoded_size(frames) bytes.
void encode(std::span<const Outgoing> frames, char* to);

/// What the first and last batch of a stream say.
Bytes encode_hello(BytesView hello, int loop);
Bytes encode_refusal(BytesView reason);

/// A batch as it came in; its views live as long as the bytes that were decoded.
struct BatchView {
  struct Envelope {
    std::uint64_t id = 0;
    bool reply = false;
    BytesView payload;
  };
  BytesView hello;
  std::uint32_t loop = 0;
  BytesView refusal;
  std::vector<Envelope> frames;
};

/// Replaces what is in `batch`. invalid_argument if the bytes are no Batch; then `batch` holds anything.
Status decode(BytesView bytes, BatchView& batch);

}  // namespace stator::grpc_transport
