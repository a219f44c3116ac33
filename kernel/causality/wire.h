#pragma once

#include <cstdint>

#include "stator/bytes.h"

namespace stator {

/// Appends the smallest parts of our encodings to a byte string: LEB128 varints, big-endian 64-bit words, counted
/// bytes.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}
  void octet(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      octet(static_cast<std::uint8_t>(value | 0x80));
      value >>= 7;
    }
    octet(static_cast<std::uint8_t>(value));
  }
  /// Small absolute values in few bytes: 0, -1, 1, -2 …
  void zigzag(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void word(std::uint64_t value) {
    char bytes[8];
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (56 - 8 * i));
    out_.append(bytes, sizeof bytes);
  }
  void raw(BytesView bytes) { out_.append(bytes); }
  void counted(BytesView bytes) {
    varint(bytes.size());
    raw(bytes);
  }

 private:
  Bytes& out_;
};

/// Reads them back from any bytes at all: after the first mistake every read gives zero or nothing and ok() is false.
/// Only the shortest form of a varint is taken, so that equal values have equal encodings. The view must outlive the
/// reader.
class ByteReader {
 public:
  explicit ByteReader(BytesView in) : in_(in) {}
  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  std::size_t left() const { return in_.size(); }
  void fail() {
    ok_ = false;
    in_ = {};
  }

  std::uint8_t octet() {
    if (in_.empty()) return fail(), 0;
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = octet();
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) {
        if (byte == 0 && shift != 0) break;
        return ok_ ? value : 0;
      }
    }
    return fail(), 0;
  }
  std::int64_t zigzag() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  std::uint64_t word() {
    std::uint64_t value = 0;
    for (char byte : raw(8)) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }
  BytesView raw(std::uint64_t size) {
    if (size > in_.size()) return fail(), BytesView();
    BytesView bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return bytes;
  }
  BytesView counted() { return raw(varint()); }

 private:
  BytesView in_;
  bool ok_ = true;
};

}  // namespace stator
