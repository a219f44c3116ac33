#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "stator/bytes.h"
#include "stator/status.h"
#include "stator/version.h"

namespace stator {

/// Makes and checks the opaque text in which clients hold a context:
///   token := base64url(version:octet(=1) context hash:8 octets), without padding
/// where hash is SipHash-2-4 over version, context, keyspace and key under a key the cluster shares. What was altered,
/// cut short or issued for another key is refused: a forged context could make a later write invisible. [any-thread]
class ContextTokens {
 public:
  /// The same `secret` on every node of the cluster.
  explicit ContextTokens(std::string_view secret);

  std::string issue(const Context& context, std::string_view keyspace, BytesView key) const;
  /// invalid_argument unless this cluster issued it for this very key.
  Result<Context> read(std::string_view token, std::string_view keyspace, BytesView key) const;

 private:
  std::uint64_t hash(BytesView body, std::string_view keyspace, BytesView key) const;

  static constexpr std::size_t kKeySize = 16;
  std::array<unsigned char, kKeySize> key_{};
};

}  // namespace stator
