#include "tests/cli/fake_node.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

namespace stator::cli {
namespace {

/// Reads on until the buffer holds a whole request, and takes it out. Absent: the client is gone.
std::optional<FakeNode::Request> next_request(int fd, std::string& buffer) {
  constexpr const char* kLength = "Content-Length: ";
  while (true) {
    if (const auto end = buffer.find("\r\n\r\n"); end != std::string::npos) {
      const std::string head = buffer.substr(0, end + 2);
      const auto length_at = head.find(kLength);
      const std::size_t length =
          length_at == std::string::npos ? 0 : std::stoul(head.substr(length_at + std::string(kLength).size()));
      if (buffer.size() >= end + 4 + length) {
        const auto space = head.find(' ');
        FakeNode::Request request{head.substr(0, space), head.substr(space + 1, head.find(' ', space + 1) - space - 1),
                                  head, buffer.substr(end + 4, length)};
        buffer.erase(0, end + 4 + length);
        return request;
      }
    }
    char bytes[4096];
    const ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    if (count <= 0) {
      return std::nullopt;
    }
    buffer.append(bytes, static_cast<std::size_t>(count));
  }
}

bool send_all(int fd, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) {
      return false;
    }
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

FakeNode::FakeNode(Handler handler) : handler_(std::move(handler)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    std::abort();
  }
  listen(listener_, 128);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  endpoint_ = {"http", "127.0.0.1", std::to_string(ntohs(address.sin_port))};
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeNode::~FakeNode() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  for (const int fd : sockets_) {
    shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& conversation : conversations_) {
    conversation.join();
  }
  for (const int fd : sockets_) {
    close(fd);
  }
}

void FakeNode::accept_all() {
  while (true) {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) {
      return;
    }
    const std::lock_guard lock(mutex_);
    sockets_.push_back(fd);
    conversations_.emplace_back([this, fd] { converse(fd); });
  }
}

void FakeNode::converse(int fd) {
  std::string buffer;
  while (const auto request = next_request(fd, buffer)) {
    std::string response;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      response = handler_(*request);
    }
    if (response.empty() || !send_all(fd, response)) {
      break;
    }
    if (request->head.find("Connection: close") != std::string::npos) {
      break;
    }
  }
  shutdown(fd, SHUT_RDWR);  // closed at the end, so that its number is not given to another meanwhile
}

std::vector<FakeNode::Request> FakeNode::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::size_t FakeNode::connections() const {
  const std::lock_guard lock(mutex_);
  return sockets_.size();
}

std::string answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace stator::cli
