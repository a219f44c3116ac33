#include "kernel/ring/token.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstring>
#include <string>

namespace stator {
namespace {

// Keyspace names and node ids hold no NUL and no '#', so the joined text says unambiguously what it was made of.
Token hash_joined(std::string_view first, char separator, std::string_view second) {
  std::array<char, 256> joined;
  const std::size_t size = first.size() + 1 + second.size();
  if (size > joined.size()) {
    std::string text(first);
    text.append(1, separator).append(second);
    return XXH3_64bits(text.data(), text.size());
  }
  std::memcpy(joined.data(), first.data(), first.size());
  joined[first.size()] = separator;
  std::memcpy(joined.data() + first.size() + 1, second.data(), second.size());
  return XXH3_64bits(joined.data(), size);
}

}  // namespace

Token key_token(std::string_view keyspace, BytesView key) { return hash_joined(keyspace, '\0', key); }

Token node_token(std::string_view node, std::uint32_t index) { return hash_joined(node, '#', std::to_string(index)); }

}  // namespace stator
