#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stator/status.h"

namespace stator::tcp {

/// "host:port", the host a name, an IPv4 address, or an IPv6 address in brackets.
struct Address {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Address&) const = default;
};

/// invalid_argument, with the text, if it is none.
Result<Address> parse_address(std::string_view text);
std::string text_of(const Address& address);

}  // namespace stator::tcp
