#pragma once

#include <cstdint>
#include <string_view>

#include "kernel/ring/token.h"
#include "stator/bytes.h"

namespace stator {

/// Where things are in a storage instance, which is one ordered map:
///   key     := space:octet rest
///   space 0 : meta, rest := name
///   space 1 : data, rest := partition:u16be keyspace:u16be key
/// So a partition is one contiguous range.
inline Bytes meta_key(std::string_view name) { return Bytes(1, '\0').append(name); }

inline Bytes data_prefix(Partition partition) {
  return {'\1', static_cast<char>(partition >> 8), static_cast<char>(partition & 0xff)};
}

inline Bytes data_key(Partition partition, std::uint16_t keyspace, BytesView key) {
  Bytes out;
  out.reserve(5 + key.size());
  out.append(data_prefix(partition));
  out.push_back(static_cast<char>(keyspace >> 8));
  out.push_back(static_cast<char>(keyspace & 0xff));
  out.append(key);
  return out;
}

}  // namespace stator
