#include "wire.h"

#include <bit>
#include <cstring>

// Integers are little-endian.
//
//   dialer    := preamble hello (request | ping)* goodbye?
//   listener  := (hello (reply | pong)*)? goodbye?
//   preamble  := "STATOR1\n" loop:u16 loops:u16 zero:u32          loop < loops
//   frame     := size:u32 kind:u8 zero:u8[3] id:u64 payload:u8[size]
//
// `hello`, `request` … are frames of that kind. `id` is the dialer's choice in a request, the same in its reply, and 0
// in all other kinds. A request follows only when both hellos were accepted. Payloads are the kernel's, but for
// goodbye: text for people.

namespace stator::tcp {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr char kMagic[] = {'S', 'T', 'A', 'T', 'O', 'R', '1', '\n'};

template <typename Integer>
void put(char* at, Integer value) {
  std::memcpy(at, &value, sizeof value);
}

template <typename Integer>
Integer get(const char* at) {
  Integer value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

std::array<char, kHeaderBytes> encode(const FrameHeader& header) {
  std::array<char, kHeaderBytes> bytes{};
  put(bytes.data(), header.size);
  put(bytes.data() + 4, header.kind);
  put(bytes.data() + 8, header.id);
  return bytes;
}

std::optional<FrameHeader> decode_header(const char* bytes) {
  const auto kind_and_zero = get<std::uint32_t>(bytes + 4);
  if (kind_and_zero < std::uint32_t(FrameKind::hello) || kind_and_zero > std::uint32_t(FrameKind::pong))
    return std::nullopt;
  return FrameHeader{get<std::uint32_t>(bytes), FrameKind(kind_and_zero), get<std::uint64_t>(bytes + 8)};
}

PreambleBytes encode(const Preamble& preamble) {
  PreambleBytes bytes{};
  std::memcpy(bytes.data(), kMagic, sizeof kMagic);
  put(bytes.data() + 8, preamble.loop);
  put(bytes.data() + 10, preamble.loops);
  return bytes;
}

std::optional<Preamble> decode(const PreambleBytes& bytes) {
  const Preamble preamble{get<std::uint16_t>(bytes.data() + 8), get<std::uint16_t>(bytes.data() + 10)};
  const bool is_ours = std::memcmp(bytes.data(), kMagic, sizeof kMagic) == 0;
  if (!is_ours || preamble.loop >= preamble.loops || get<std::uint32_t>(bytes.data() + 12) != 0) return std::nullopt;
  return preamble;
}

}  // namespace stator::tcp
