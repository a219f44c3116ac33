#include "listen_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

namespace stator::grpc_transport {
namespace {

std::string bare(const std::string& host) {
  bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

std::string try_to_bind(const addrinfo& at) {
  int fd = ::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC, at.ai_protocol);
  if (fd < 0) return std::generic_category().message(errno);
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bool bound = ::bind(fd, at.ai_addr, at.ai_addrlen) == 0 && ::listen(fd, 1) == 0;
  std::string why = bound ? "not possible now" : std::generic_category().message(errno);
  ::close(fd);
  return why;
}

}  // namespace

Result<ListenAddress> parse_listen_address(const std::string& text) {
  Status malformed(Code::invalid_argument, "'" + text + "' is not host:port");
  std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return malformed;
  ListenAddress address{text.substr(0, colon), 0};
  const char* end = text.data() + text.size();
  auto [stop, fault] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (fault != std::errc() || stop != end) return malformed;
  return address;
}

std::string why_not_bound(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  int fault = ::getaddrinfo(bare(address.host).c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (fault != 0) return ::gai_strerror(fault);
  std::string why = try_to_bind(*found);
  ::freeaddrinfo(found);
  return why;
}

}  // namespace stator::grpc_transport
