#include "cli/bench/http_load.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "cli/bench/http_response.h"
#include "cli/bench/request_template.h"

namespace stator::cli {
namespace {

using namespace std::chrono_literals;

/// How late a broken connection may be noticed, and how long it rests before it is made again.
constexpr auto kTick = 100ms;
constexpr std::size_t kReadBytes = std::size_t{256} * 1024;

struct Target {
  sockaddr_storage address{};
  socklen_t length = 0;
  RequestTemplate put;
  RequestTemplate get;
};

Result<Target> resolve(const LoadOptions& options, const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
  if (error != 0) {
    return Status(Code::unavailable, endpoint.text() + ": " + gai_strerror(error));
  }
  Target target{.put = RequestTemplate::put(options, endpoint), .get = RequestTemplate::get(options, endpoint)};
  std::memcpy(&target.address, found->ai_addr, found->ai_addrlen);
  target.length = found->ai_addrlen;
  freeaddrinfo(found);
  return target;
}

struct Connection {
  enum class State { closed, connecting, idle, busy };
  std::size_t target = 0;
  int fd = -1;
  State state = State::closed;
  Instant since{};  // it began to connect, or its request was sent
  Schedule::Ticket ticket;
  HttpResponseScanner scanner;
  std::string unsent;  // the end of a request that the socket did not take at once
};

class HttpLoad final : public Load {
 public:
  HttpLoad(const LoadOptions& options, std::vector<Target> targets)
      : timeout_(options.timeout),
        targets_(std::move(targets)),
        connections_(static_cast<std::size_t>(options.connections)),
        buffer_(kReadBytes),
        epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      connections_[i].target = i % targets_.size();
    }
  }
  HttpLoad(const HttpLoad&) = delete;
  HttpLoad& operator=(const HttpLoad&) = delete;
  ~HttpLoad() override {
    for (Connection& connection : connections_) {
      close(connection);
    }
    ::close(epoll_);
  }

  Status run(Schedule& schedule) override;

 private:
  void tick(Instant now);
  void open(Connection& connection, Instant now);
  void close(Connection& connection);
  void watch(Connection& connection, int operation, bool writable);
  void start_idle(Instant now);
  void send(Connection& connection, const Schedule::Ticket& ticket, Instant now);
  /// False if the connection is broken.
  bool send_rest(Connection& connection);
  void wait(Instant now);
  void on_event(Connection& connection, std::uint32_t events);
  void on_connected(Connection& connection);
  void receive(Connection& connection);
  void complete(Connection& connection);
  void break_off(Connection& connection, std::string_view error);

  std::chrono::nanoseconds timeout_;
  std::vector<Target> targets_;
  std::vector<Connection> connections_;  // never resized: epoll holds pointers into it
  std::deque<Connection*> idle_;         // the longest idle first, so that an open loop uses them all
  std::vector<char> buffer_;
  int epoll_;
  std::size_t busy_ = 0;
  std::uint64_t sent_ = 0;
  Instant next_tick_ = Instant::min();
  Schedule* schedule_ = nullptr;
};

Status HttpLoad::run(Schedule& schedule) {
  if (epoll_ < 0) {
    return {Code::internal, std::string("epoll: ") + std::strerror(errno)};
  }
  schedule_ = &schedule;
  while (true) {
    const Instant now = now_is();
    if (now >= next_tick_) {
      tick(now);
    }
    start_idle(now);
    if (busy_ == 0 && schedule.over(now)) {
      return Status::ok();
    }
    wait(now);
  }
}

void HttpLoad::tick(Instant now) {
  next_tick_ = now + kTick;
  for (Connection& connection : connections_) {
    const bool late = now - connection.since > timeout_;
    if (connection.state == Connection::State::busy && late) {
      break_off(connection, "timeout");
    } else if (connection.state == Connection::State::connecting && late) {
      break_off(connection, "connect: timeout");
    }
    if (connection.state == Connection::State::closed) {
      open(connection, now);
    }
  }
}

void HttpLoad::open(Connection& connection, Instant now) {
  const Target& target = targets_[connection.target];
  connection.fd = ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (connection.fd < 0) {
    return schedule_->note_failure(std::string("connect: ") + std::strerror(errno));
  }
  const int on = 1;
  setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connection.since = now;
  connection.state = Connection::State::connecting;
  watch(connection, EPOLL_CTL_ADD, true);
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address);
  if (::connect(connection.fd, address, target.length) != 0 && errno != EINPROGRESS) {
    break_off(connection, std::string("connect: ") + std::strerror(errno));
  }
}

void HttpLoad::close(Connection& connection) {
  if (connection.fd >= 0) {
    ::close(connection.fd);  // epoll forgets it, too
  }
  connection.fd = -1;
  connection.state = Connection::State::closed;
  connection.unsent.clear();
  connection.scanner.reset();
}

void HttpLoad::watch(Connection& connection, int operation, bool writable) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | (writable ? EPOLLOUT : 0u);
  event.data.ptr = &connection;
  epoll_ctl(epoll_, operation, connection.fd, &event);
}

void HttpLoad::start_idle(Instant now) {
  while (!idle_.empty()) {
    const auto ticket = schedule_->take(now);
    if (!ticket) {
      return;
    }
    Connection& connection = *idle_.front();
    idle_.pop_front();
    send(connection, *ticket, now);
  }
}

void HttpLoad::send(Connection& connection, const Schedule::Ticket& ticket, Instant now) {
  Target& target = targets_[connection.target];
  const std::string_view request = (ticket.read ? target.get : target.put).fill(ticket.key, ++sent_);
  connection.ticket = ticket;
  connection.since = now;
  connection.state = Connection::State::busy;
  ++busy_;
  const ssize_t sent = ::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) {
    return break_off(connection, "connection");
  }
  const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (done < request.size()) {
    connection.unsent = request.substr(done);
    watch(connection, EPOLL_CTL_MOD, true);
  }
}

bool HttpLoad::send_rest(Connection& connection) {
  const ssize_t sent = ::send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    return errno == EAGAIN;
  }
  connection.unsent.erase(0, static_cast<std::size_t>(sent));
  if (connection.unsent.empty()) {
    watch(connection, EPOLL_CTL_MOD, false);
  }
  return true;
}

void HttpLoad::wait(Instant now) {
  Instant until = next_tick_;
  if (const auto due = schedule_->next_due(now); due && !idle_.empty()) {
    until = std::min(until, *due);
  }
  const auto left = std::max<std::int64_t>(0, (until - now).count());
  const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
  epoll_event events[64];
  int count = epoll_pwait2(epoll_, events, std::size(events), &timeout, nullptr);
  if (count < 0 && errno == ENOSYS) {  // before Linux 5.11: a millisecond is as fine as it gets
    count = epoll_wait(epoll_, events, std::size(events), static_cast<int>(left / 1'000'000));
  }
  for (int i = 0; i < count; ++i) {
    on_event(*static_cast<Connection*>(events[i].data.ptr), events[i].events);
  }
}

void HttpLoad::on_event(Connection& connection, std::uint32_t events) {
  if (connection.state == Connection::State::closed) {
    return;  // broken off by an earlier event of the same round
  }
  if (connection.state == Connection::State::connecting) {
    return on_connected(connection);
  }
  if ((events & EPOLLOUT) != 0 && !connection.unsent.empty() && !send_rest(connection)) {
    return break_off(connection, "connection");
  }
  if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
    receive(connection);
  }
}

void HttpLoad::on_connected(Connection& connection) {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    return break_off(connection, std::string("connect: ") + std::strerror(error));
  }
  watch(connection, EPOLL_CTL_MOD, false);
  connection.state = Connection::State::idle;
  idle_.push_back(&connection);
}

void HttpLoad::receive(Connection& connection) {
  const ssize_t received = ::recv(connection.fd, buffer_.data(), buffer_.size(), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (received <= 0) {
    return break_off(connection, "connection");
  }
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(received));
  std::size_t consumed = 0;
  const auto state = connection.scanner.scan(bytes, consumed);
  const bool unasked = connection.state == Connection::State::idle || consumed < bytes.size();
  if (unasked || state == HttpResponseScanner::State::malformed) {
    return break_off(connection, "unreadable response");
  }
  if (state == HttpResponseScanner::State::complete) {
    complete(connection);
  }
}

void HttpLoad::complete(Connection& connection) {
  const Instant now = now_is();
  const int status = connection.scanner.status();
  const Schedule::Ticket ticket = connection.ticket;
  --busy_;
  if (status / 100 == 2) {
    schedule_->finish(ticket, now, {});
  } else if (status == 404 && ticket.read) {
    schedule_->finish(ticket, now, {OperationResult::Kind::missing});
  } else {
    const std::string error = "HTTP " + std::to_string(status);
    schedule_->finish(ticket, now, {OperationResult::Kind::failed, error});
  }
  if (connection.scanner.keeps_alive() && connection.unsent.empty()) {
    connection.state = Connection::State::idle;
    idle_.push_back(&connection);
  } else {
    close(connection);
    open(connection, now);
  }
  start_idle(now);
}

void HttpLoad::break_off(Connection& connection, std::string_view error) {
  const auto state = connection.state;
  close(connection);
  if (state == Connection::State::busy) {
    --busy_;
    schedule_->finish(connection.ticket, now_is(), {OperationResult::Kind::failed, error});
  } else if (state == Connection::State::connecting) {
    schedule_->note_failure(error);
  } else {
    std::erase(idle_, &connection);  // a server may hang up on a connection that rests: no failure
  }
}

}  // namespace

Result<std::unique_ptr<Load>> make_http_load(const LoadOptions& options) {
  std::vector<Target> targets;
  for (const Endpoint& endpoint : options.targets) {
    auto target = resolve(options, endpoint);
    if (!target.is_ok()) {
      return target.status();
    }
    targets.push_back(std::move(*target));
  }
  return std::unique_ptr<Load>(std::make_unique<HttpLoad>(options, std::move(targets)));
}

}  // namespace stator::cli
