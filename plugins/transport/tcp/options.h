#pragma once

#include <cstdint>

#include "stator/config.h"
#include "stator/host.h"

namespace stator::tcp {

struct Options {
  std::uint64_t max_in_flight = 65536;           ///< calls without an answer, for each peer and loop
  std::uint64_t max_queued_bytes = 64ull << 20;  ///< not yet sent, for each connection
  Duration connect_timeout = std::chrono::seconds(2);
  Duration peer_silence = std::chrono::seconds(5);

  static Options of(const Config& config);
};

}  // namespace stator::tcp
