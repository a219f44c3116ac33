#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace stator::cluster {

/// What one directed link does to the bytes sent over it. TCP itself loses nothing, so what a network does to packets
/// is modelled as what TCP makes of it:
///   delay, jitter  each piece waits, and none overtakes another;
///   loss           a lost piece is sent again after 200 ms, lost again after 400 ms more, and so on, and everything
///                  behind it waits: TCP's head-of-line blocking. Lost five times in a row, the connection is reset;
///   cut            nothing passes, not even an end of the connection. What was sent is held back (256 KiB for each
///                  connection, then the sender's own buffers fill) and goes on when the cut heals. A new connection
///                  needs both directions; till then its dialler hears nothing.
struct LinkState {
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds jitter{0};  ///< up to so much more, evenly
  double loss = 0;                      ///< probability for a piece, which is what one read gave: up to 16 KiB
  bool cut = false;
};

/// A network of its own between the nodes of a cluster, in user space: node `from` dials node `to` at
/// address(from, to), and a proxy carries the connection to where `to` listens. The state of link (from, to) governs
/// all that `from` sends to `to`, on connections that either has dialled. [serial]
class LinkProxy {
 public:
  /// All links are open and quick. `seed` is of jitter and loss.
  LinkProxy(std::size_t nodes, std::uint64_t seed);
  ~LinkProxy();
  LinkProxy(const LinkProxy&) = delete;
  LinkProxy& operator=(const LinkProxy&) = delete;

  std::size_t size() const;
  /// "127.0.0.1:port"; it takes connections from now on.
  std::string address(std::size_t from, std::size_t to) const;
  /// Where a node listens on the loopback. Before anybody dials it.
  void set_target(std::size_t node, std::uint16_t port);

  /// In force when it returns. Bytes already on their way keep their delay, and meet a cut.
  void set(std::size_t from, std::size_t to, LinkState state);
  LinkState state(std::size_t from, std::size_t to) const;
  void cut(std::size_t from, std::size_t to);
  /// Both directions between the node and every other.
  void isolate(std::size_t node);
  /// All links as at the beginning.
  void heal();
  /// Resets the connections that `from` has dialled to `to`.
  void drop(std::size_t from, std::size_t to);
  /// Bytes that arrived over a directed link since the beginning.
  std::uint64_t carried(std::size_t from, std::size_t to) const;

 private:
  class World;
  std::unique_ptr<World> world_;
};

}  // namespace stator::cluster
