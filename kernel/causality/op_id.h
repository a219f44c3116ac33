#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "stator/bytes.h"
#include "stator/version.h"

namespace stator {

/// Its 16 octets; lives as long as the id.
inline BytesView view(const OpId& op) { return {reinterpret_cast<const char*>(op.data()), op.size()}; }

/// As operator< says, without its library call: each record that is read or merged compares many.
inline bool earlier_op(const OpId& a, const OpId& b) {
  const auto word = [](const OpId& op, std::size_t at) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, op.data() + at, sizeof bits);
    return std::endian::native == std::endian::little ? __builtin_bswap64(bits) : bits;
  };
  const std::uint64_t first_a = word(a, 0);
  const std::uint64_t first_b = word(b, 0);
  return first_a != first_b ? first_a < first_b : word(a, 8) < word(b, 8);
}

}  // namespace stator
