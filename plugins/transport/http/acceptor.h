#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "server_loop.h"
#include "stator/host.h"
#include "stator/status.h"

namespace stator::http {

/// Listens on the first loop and deals connections out to all of them in turn, since a kernel-made distribution is
/// uneven for few connections. Owned by shared_ptr: by the transport and by its own handlers.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(Host& host, Loops& loops, std::vector<std::shared_ptr<ServerLoop>> shares, std::int64_t max_connections);

  /// Binds "host:port" and begins to accept. [startup, blocking]
  Status listen(const std::string& address);
  /// The bound "host:port"; after listen.
  const std::string& address() const { return address_; }
  /// On the first loop.
  void close();

 private:
  void accept();
  void deal(boost::asio::ip::tcp::socket socket);
  void pause(const std::string& why);

  Host& host_;
  Loops& loops_;
  const std::vector<std::shared_ptr<ServerLoop>> shares_;
  const std::int64_t max_connections_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::string address_;
  std::size_t next_ = 0;
  TimerId retry_ = 0;
  TimePoint last_complaint_;
};

}  // namespace stator::http
