#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>

#include "lane.h"
#include "stator/status.h"

namespace stator::tcp {

/// The listening port: reads who dials from which of its loops, and hands the connection to the lane that goes with it.
/// [serial, on the first loop, but for listen]
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  /// `alive` is let go by the destructor.
  Acceptor(const Surroundings& around, std::vector<std::shared_ptr<Lane>> lanes, std::shared_ptr<void> alive);
  /// Takes the port: a failure names the address. [startup, blocking]
  Status listen(const std::string& address);
  /// "host:port" as bound. After listen.
  const std::string& address() const { return address_; }
  void start() { accept(); }
  void stop();

 private:
  /// A connection that has not said its preamble.
  struct Opening {
    explicit Opening(Socket accepted) : socket(std::move(accepted)) {}
    Socket socket;
    PreambleBytes preamble{};
    TimerId gives_up = 0;
  };

  void accept();
  void accepted(Socket socket);
  void finish(const std::shared_ptr<Opening>& opening);
  void hand_over(Socket socket, const Preamble& preamble);

  const Surroundings around_;
  const std::vector<std::shared_ptr<Lane>> lanes_;
  const std::shared_ptr<void> alive_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type> acceptor_;
  std::string address_;
  std::unordered_set<std::shared_ptr<Opening>> openings_;
};

}  // namespace stator::tcp
