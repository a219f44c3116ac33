#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "stator/bytes.h"

/// The bytes of the tcp carrier; wire.cc has the grammar. Pure.
namespace stator::tcp {

enum class FrameKind : std::uint8_t {
  hello = 1,    ///< what a node says of itself: the first frame of either side
  goodbye = 2,  ///< the reason why the sender closes: the last frame
  request = 3,  ///< dialer to listener
  reply = 4,    ///< listener to dialer, with the request's id
  ping = 5,     ///< dialer to listener; answered by a pong
  pong = 6,
};

struct FrameHeader {
  std::uint32_t size = 0;  ///< of the payload
  FrameKind kind = FrameKind::hello;
  std::uint64_t id = 0;
  bool operator==(const FrameHeader&) const = default;
};

inline constexpr std::size_t kHeaderBytes = 16;
inline constexpr std::uint32_t kMaxPayload = 64u << 20;
/// For all that comes before the sides have met.
inline constexpr std::uint32_t kMaxHello = 64u << 10;

std::array<char, kHeaderBytes> encode(const FrameHeader& header);
/// Nothing if those cannot be the first bytes of a frame. `bytes` holds at least kHeaderBytes.
std::optional<FrameHeader> decode_header(const char* bytes);

/// Which of the dialer's loops a connection belongs to, so that the listener can give it to the like one of its own.
struct Preamble {
  std::uint16_t loop = 0;
  std::uint16_t loops = 1;
  bool operator==(const Preamble&) const = default;
};

inline constexpr std::size_t kPreambleBytes = 16;
using PreambleBytes = std::array<char, kPreambleBytes>;
PreambleBytes encode(const Preamble& preamble);
/// Nothing if no dialer of this version would send that.
std::optional<Preamble> decode(const PreambleBytes& bytes);

}  // namespace stator::tcp
