#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/endpoint.h"

namespace stator::cli {

/// An HTTP server on a port of the loopback that answers what a test tells it to; a thread for each connection.
/// It ends with the object. What it was asked can be read at any time.
class FakeNode {
 public:
  struct Request {
    std::string method;
    std::string target;
    std::string head;  ///< the request line and all headers
    std::string body;
  };
  /// Bytes to send back as they are; none: hang up without an answer.
  using Handler = std::function<std::string(const Request&)>;

  /// The handler is called by one thread at a time.
  explicit FakeNode(Handler handler);
  FakeNode(const FakeNode&) = delete;
  FakeNode& operator=(const FakeNode&) = delete;
  ~FakeNode();

  const Endpoint& endpoint() const { return endpoint_; }
  std::vector<Request> requests() const;
  std::size_t connections() const;

 private:
  void accept_all();
  void converse(int fd);

  Handler handler_;
  Endpoint endpoint_;
  int listener_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
  std::vector<int> sockets_;
  std::vector<std::thread> conversations_;
  std::thread acceptor_;
};

/// "HTTP/1.1 STATUS …" with these header lines (each ended by CRLF) and this body.
std::string answer(int status, const std::string& body, const std::string& headers = "");

}  // namespace stator::cli
