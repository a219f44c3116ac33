#include "tests/cluster/free_ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>

namespace stator::cluster {
namespace {

constexpr std::uint16_t kLowest = 10'000;

std::uint16_t lowest_ephemeral() {
  constexpr std::uint16_t kUsual = 32'768;
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint16_t lowest = 0;
  range >> lowest;
  return lowest > kLowest + 1000 ? lowest : kUsual;
}

}  // namespace

HeldPort::HeldPort(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  held_ =
      ::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && ::listen(socket_, 1) == 0;
}

HeldPort::~HeldPort() { ::close(socket_); }

std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::random_device random;
  std::uniform_int_distribution<int> any(kLowest, lowest_ephemeral() - 1);
  std::vector<std::uint16_t> ports;
  while (ports.size() < count) {
    const auto port = static_cast<std::uint16_t>(any(random));
    if (std::find(ports.begin(), ports.end(), port) == ports.end() && HeldPort(port).held()) ports.push_back(port);
  }
  return ports;
}

}  // namespace stator::cluster
