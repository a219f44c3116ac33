#pragma once

#include <cstdint>

#include "kernel/causality/wire.h"
#include "stator/bytes.h"

namespace stator {

/// What stands under a hint's key:
///   hint      := copy | reference
///   reference := '\2' since_ms:word
/// A copy begins with 0 or 1. A reference says that the target missed what this node holds as a primary.
inline Bytes encode_hint_reference(std::uint64_t since_ms) {
  Bytes out;
  ByteWriter writer(out);
  writer.octet(2);
  writer.word(since_ms);
  return out;
}

inline bool is_hint_reference(BytesView value) { return value.size() == 9 && value.front() == '\2'; }

/// 0 for anything else.
inline std::uint64_t hint_reference_since(BytesView value) {
  ByteReader in(value);
  return in.octet() == 2 ? in.word() : 0;
}

}  // namespace stator
