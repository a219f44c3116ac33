#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/bench/load.h"

namespace stator::cli {

/// The bytes of one kind of HTTP request to one target, ready but for the key and the start of the value. [serial]
class RequestTemplate {
 public:
  static RequestTemplate put(const LoadOptions& options, const Endpoint& target);
  static RequestTemplate get(const LoadOptions& options, const Endpoint& target);

  /// The request for this key. A value of 8 bytes or more begins with `stamp`, so that no two writes need be equal.
  /// The view lives until the next call.
  std::string_view fill(std::uint64_t key, std::uint64_t stamp);

 private:
  std::string bytes_;
  std::size_t key_at_ = 0;
  std::size_t value_bytes_ = 0;
};

/// `size` bytes that do not compress; the same ones each time.
std::string incompressible(std::size_t size);

}  // namespace stator::cli
