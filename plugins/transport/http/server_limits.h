#pragma once

#include <cstddef>
#include <cstdint>

#include "stator/host.h"

namespace stator::http {

/// The options of an instance.
struct Limits {
  std::int64_t max_connections = 10000;
  std::size_t max_header_bytes = 16 << 10;
  std::size_t max_pipeline = 64;
  Duration idle_timeout = std::chrono::seconds(60);
  Duration header_timeout = std::chrono::seconds(10);
  Duration body_timeout = std::chrono::seconds(60);
};

}  // namespace stator::http
