#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "stator/bytes.h"

namespace stator::memtable {

static_assert(std::endian::native == std::endian::little, "numbers on disk are little-endian and copied as they stand");

template <typename Number>
void append_number(Bytes& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

template <typename Number>
void store_number(char* at, Number number) {
  std::memcpy(at, &number, sizeof number);
}

template <typename Number>
Number load_number(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

/// LEB128: seven bits a byte, least significant first. At most 10 bytes.
inline char* store_varint(char* at, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) *at++ = static_cast<char>(number | 0x80);
  *at++ = static_cast<char>(number);
  return at;
}

inline void append_varint(Bytes& out, std::uint64_t number) {
  char encoded[10];
  out.append(encoded, store_varint(encoded, number));
}

/// Takes numbers and bytes from the front of a view; after the first that is not there, everything fails. [serial]
class Cursor {
 public:
  explicit Cursor(BytesView bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  BytesView rest() const { return rest_; }

  std::uint64_t varint() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      BytesView byte = take(1);
      if (!ok_) return 0;
      number |= (static_cast<std::uint64_t>(byte[0]) & 0x7f) << shift;
      if ((byte[0] & 0x80) == 0) return number;
    }
    ok_ = false;
    return 0;
  }

  /// Lives as long as the bytes given.
  BytesView take(std::uint64_t size) {
    if (!ok_ || size > rest_.size()) {
      ok_ = false;
      return {};
    }
    BytesView taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

 private:
  BytesView rest_;
  bool ok_ = true;
};

}  // namespace stator::memtable
