#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernel/ring/token.h"
#include "stator/bytes.h"

namespace stator {

/// Where things are in a storage instance, which is one ordered map:
///   key     := space:octet rest
///   space 0 : meta, rest := name
///   space 1 : data, rest := partition:u16be keyspace:u16be key
///   space 2 : hints, rest := length:octet target:text partition:u16be keyspace:u16be key
/// So a partition is one contiguous range, and so are the hints for one node.
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

/// What a data key names. The view lives as long as what it was taken from.
struct DataKey {
  Partition partition = 0;
  std::uint16_t keyspace = 0;
  BytesView key;
};

/// Nothing for a key of another space.
inline std::optional<DataKey> parse_data_key(BytesView storage_key) {
  if (storage_key.size() < 5 || storage_key[0] != '\1') return std::nullopt;
  const auto word = [&](std::size_t at) {
    return static_cast<std::uint16_t>(static_cast<std::uint8_t>(storage_key[at]) << 8 |
                                      static_cast<std::uint8_t>(storage_key[at + 1]));
  };
  return DataKey{word(1), word(3), storage_key.substr(5)};
}

/// Where the hints for a node begin; its id has at most 255 octets.
inline Bytes hint_prefix(std::string_view target) {
  return Bytes{'\2', static_cast<char>(target.size())}.append(target);
}

inline Bytes hint_key(std::string_view target, Partition partition, std::uint16_t keyspace, BytesView key) {
  return hint_prefix(target).append(data_key(partition, keyspace, key), 1);
}

}  // namespace stator
