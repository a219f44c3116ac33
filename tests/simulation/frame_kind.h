#pragma once

#include <cstdint>

#include "stator/bytes.h"

namespace stator::simulation {

/// What a request between nodes asks for; the numbers are its body's field numbers in proto/stator/v1/peer.proto.
enum class FrameKind : std::uint8_t {
  none = 0,  ///< not a request
  put = 3,
  removal = 4,
  get = 5,
  forward = 6,
  membership = 7,
  hint = 9,
  tree = 10,
  leaf = 11,
  collect = 12,
  explain = 13,
  delta = 16,
};

/// Tells it by the encoding's field keys alone: the network asks about every frame, and decoding is dear.
FrameKind kind_of(BytesView request);

}  // namespace stator::simulation
