#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stator {

/// "host:port" taken apart; the host of "[::1]:80" is "::1". Port 0 means: any that is free.
struct Address {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Address&) const = default;
  /// Whether it stands for every address of a machine.
  bool is_wildcard() const { return host == "0.0.0.0" || host == "::" || host == "*"; }
};

/// Absent: no host, no port, or a port above 65535.
std::optional<Address> parse_address(std::string_view text);

}  // namespace stator
