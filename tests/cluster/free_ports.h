#pragma once

#include <cstdint>
#include <vector>

namespace stator::cluster {

/// Distinct loopback ports that nobody was listening on a moment ago. They lie below the range from which the system
/// takes the source ports of outgoing connections: from within it, some connection could sit on a node's port while the
/// node is down, or a peer that dials it could even connect to itself.
std::vector<std::uint16_t> free_ports(std::size_t count);

/// A loopback port held by this object: whoever binds it meanwhile is told that it is in use.
class HeldPort {
 public:
  explicit HeldPort(std::uint16_t port);
  ~HeldPort();
  HeldPort(const HeldPort&) = delete;
  HeldPort& operator=(const HeldPort&) = delete;
  bool held() const { return held_; }

 private:
  int socket_;
  bool held_;
};

}  // namespace stator::cluster
