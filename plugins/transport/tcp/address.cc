#include "address.h"

#include <charconv>

namespace stator::tcp {

Result<Address> parse_address(std::string_view text) {
  const Status malformed(Code::invalid_argument,
                         "'" + std::string(text) + "' is not an address: host:port or [ipv6]:port");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return malformed;
  std::string_view host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return malformed;
  }
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (host.empty() || digits.empty() || failed != std::errc() || end != digits.data() + digits.size()) return malformed;
  return Address{std::string(host), port};
}

std::string text_of(const Address& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace stator::tcp
