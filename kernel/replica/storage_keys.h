#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernel/causality/wire.h"
#include "kernel/ring/token.h"
#include "stator/bytes.h"
#include "stator/version.h"

namespace stator {

/// Where things are in a storage instance, which is one ordered map:
///   key     := space:octet rest
///   space 0 : meta, rest := name
///   space 1 : data, rest := partition:u16be keyspace:u16be key
///   space 2 : hints, rest := length:octet target:text partition:u16be keyspace:u16be key
///   space 3 : cuts of collections, rest := stamp:u64be partition:u16be keyspace:u16be coordinator:text
///   space 4 : rows of large copies, rest := partition:u16be keyspace:u16be key:counted place dot; see rows.h
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

/// The first storage key behind those of one keyspace in one partition.
inline Bytes data_end(Partition partition, std::uint16_t keyspace) {
  if (keyspace < UINT16_MAX) return data_key(partition, static_cast<std::uint16_t>(keyspace + 1), BytesView());
  return partition < UINT16_MAX ? data_prefix(static_cast<Partition>(partition + 1)) : Bytes(1, '\2');
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

/// All rows of one keyspace in one partition: from here, and before that.
inline Bytes rows_begin(Partition partition, std::uint16_t keyspace) {
  Bytes out = data_key(partition, keyspace, BytesView());
  out.front() = '\4';
  return out;
}
inline Bytes rows_end(Partition partition, std::uint16_t keyspace) {
  Bytes out = data_end(partition, keyspace);
  out.front() = out.front() == '\1' ? '\4' : '\5';
  return out;
}

/// Where the rows of a large copy are, in the order of partitions and keyspaces.
inline Bytes rows_prefix(Partition partition, std::uint16_t keyspace, BytesView key) {
  Bytes out = rows_begin(partition, keyspace);
  ByteWriter(out).counted(key);
  return out;
}

/// What the notes of one prepare of a collection lie under. The view lives as long as what it was taken from.
struct CutKey {
  Stamp cut;
  Partition partition = 0;
  std::uint16_t keyspace = 0;
  std::string_view coordinator;
};

inline Bytes cut_prefix() { return Bytes(1, '\3'); }

inline Bytes cut_key(const CutKey& cut) {
  Bytes out = cut_prefix();
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(cut.cut.bits >> shift));
  return out.append(data_key(cut.partition, cut.keyspace, cut.coordinator), 1);
}

/// Nothing for a key of another space.
inline std::optional<CutKey> parse_cut_key(BytesView storage_key) {
  constexpr std::size_t kShortest = 1 + 8 + 4;
  if (storage_key.size() < kShortest || storage_key[0] != '\3') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t octets) {
    std::uint64_t value = 0;
    for (std::size_t i = at; i < at + octets; ++i) value = value << 8 | static_cast<std::uint8_t>(storage_key[i]);
    return value;
  };
  return CutKey{Stamp{number(1, 8)}, static_cast<Partition>(number(9, 2)), static_cast<std::uint16_t>(number(11, 2)),
                storage_key.substr(kShortest)};
}

}  // namespace stator
