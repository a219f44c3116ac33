#pragma once

#include <cstdint>
#include <string>

#include "stator/status.h"

namespace stator::grpc_transport {

/// Where to listen, of the form "host:port"; an IPv6 host stands in brackets.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;  ///< 0: any free one
  std::string text() const { return host + ":" + std::to_string(port); }
};

/// invalid_argument if the text is no such address.
Result<ListenAddress> parse_listen_address(const std::string& text);

/// Why the address cannot be bound, in the system's words; gRPC keeps them to itself. Tries it, so only after a
/// failure. [blocking]
std::string why_not_bound(const ListenAddress& address);

}  // namespace stator::grpc_transport
