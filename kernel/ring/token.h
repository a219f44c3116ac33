#pragma once

#include <cstdint>
#include <string_view>

#include "stator/bytes.h"

namespace stator {

/// A place on the ring: 64 bits of seedless XXH3. Fixed for ever, since placement depends on it.
using Token = std::uint64_t;

/// One cell of the fixed grid the token space is cut into: what is placed, scanned, repaired and handed off as one.
using Partition = std::uint16_t;

inline constexpr int kMaxPartitionBits = 16;

Token key_token(std::string_view keyspace, BytesView key);
/// The token of a node's `index`-th virtual node.
Token node_token(std::string_view node, std::uint32_t index);

/// The partition that holds the token in a grid of 2^bits.
constexpr Partition partition_of(Token token, int bits) { return static_cast<Partition>(token >> (64 - bits)); }
constexpr Token first_token(Partition partition, int bits) { return Token{partition} << (64 - bits); }

}  // namespace stator
