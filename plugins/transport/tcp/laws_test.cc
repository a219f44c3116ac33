#include "stator/testing/transport_laws.h"
#include "tcp.h"
#include "wire.h"

namespace stator::tcp {
namespace {

template <std::size_t N>
Bytes bytes(const std::array<char, N>& of) {
  return {of.data(), N};
}

Bytes opening(const FrameHeader& header, BytesView payload = {}) {
  return bytes(encode(Preamble{})) + bytes(encode(header)) + Bytes(payload);
}

/// A good preamble, and then something that nobody should believe.
std::vector<Bytes> hostile_openings() {
  return {bytes(encode(Preamble{7, 3})),
          bytes(encode(Preamble{65534, 65535})),
          opening({0xffffffff, FrameKind::hello, 0}),
          opening({kMaxHello + 1, FrameKind::hello, 0}, "too long a story"),
          opening({100, FrameKind::hello, 0}, "cut short"),
          opening({2, FrameKind::request, 1}, "hi"),
          opening({2, FrameKind::hello, 0}, "me") + bytes(encode(FrameHeader{0xfffffff0, FrameKind::request, 1})),
          opening({2, FrameKind::hello, 0}, "me") + bytes(encode(FrameHeader{kMaxPayload, FrameKind::request, 1})) +
              "little",
          opening({2, FrameKind::hello, 0}, "me") + bytes(encode(FrameHeader{0, FrameKind::hello, 0})),
          opening({2, FrameKind::hello, 0}, "me") + bytes(encode(FrameHeader{0, FrameKind::reply, 5})),
          opening({0, static_cast<FrameKind>(9), 0})};
}

const bool registered = testing::register_transport_laws(
    "TcpLaws", {.make = [](Host& host) { return std::make_unique<Tcp>(host, *extension<Loops>(host), Options{}); },
                .hostile_openings = hostile_openings()});

}  // namespace
}  // namespace stator::tcp
