#include "acceptor.h"

#include <chrono>
#include <utility>

#include <boost/asio/error.hpp>

namespace stator::http {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;
using Welcome = ServerLoop::Welcome;

/// How many connections above the limit are told so; more are closed without a word.
constexpr std::int64_t kRefusedAtOnce = 64;
/// After a failed accept, most often for want of descriptors.
constexpr Duration kPause = 100ms;
constexpr Duration kBetweenComplaints = 60s;

struct HostPort {
  std::string host;
  std::string port;
};

/// "127.0.0.1:80", "localhost:80", "[::1]:80"
HostPort split(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {address, ""};
  std::string host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, address.substr(colon + 1)};
}

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

Status failed(const std::string& address, const boost::system::error_code& error) {
  return {Code::unavailable, "cannot listen on " + address + ": " + error.message()};
}

}  // namespace

Acceptor::Acceptor(Host& host, Loops& loops, std::vector<std::shared_ptr<ServerLoop>> shares,
                   std::int64_t max_connections)
    : host_(host),
      loops_(loops),
      shares_(std::move(shares)),
      max_connections_(max_connections),
      acceptor_(loops.context(0)) {}

Status Acceptor::listen(const std::string& address) {
  const HostPort wanted = split(address);
  boost::system::error_code error;
  tcp::resolver resolver(acceptor_.get_executor());
  const auto found = resolver.resolve(wanted.host, wanted.port, tcp::resolver::passive, error);
  if (error || wanted.port.empty()) {
    return {Code::invalid_argument, "\"" + address + "\" is not an address to listen on, such as 127.0.0.1:8081"};
  }
  const tcp::endpoint endpoint = *found.begin();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed(address, error);
  address_ = text_of(acceptor_.local_endpoint(error));
  if (error) return failed(address, error);
  loops_.post(0, [self = shared_from_this()] { self->accept(); });
  return {};
}

void Acceptor::close() {
  host_.cancel(std::exchange(retry_, 0));
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

void Acceptor::accept() {
  retry_ = 0;
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept(shares_[next_]->context(),
                         [self = shared_from_this()](const boost::system::error_code& error, tcp::socket socket) {
                           if (error == asio::error::operation_aborted) return;
                           if (error && error != asio::error::connection_aborted) return self->pause(error.message());
                           if (!error) self->deal(std::move(socket));
                           self->accept();
                         });
}

void Acceptor::pause(const std::string& why) {
  const TimePoint now = host_.now();
  if (last_complaint_ == TimePoint() || now - last_complaint_ >= kBetweenComplaints) {
    last_complaint_ = now;
    host_.log(LogLevel::warning, "http " + address_ + ": no connection could be accepted: " + why);
  }
  retry_ = host_.after(kPause, [self = shared_from_this()] { self->accept(); });
}

void Acceptor::deal(tcp::socket socket) {
  const std::size_t to = std::exchange(next_, (next_ + 1) % shares_.size());
  const auto size = [this](Welcome welcome) {
    std::int64_t sum = 0;
    for (const auto& share : shares_) sum += share->size(welcome);
    return sum;
  };
  const Welcome welcome = size(Welcome::served) < max_connections_ ? Welcome::served : Welcome::refused;
  if (welcome == Welcome::refused && size(Welcome::refused) >= kRefusedAtOnce) return;
  shares_[to]->reserve(welcome);
  // Behind a pointer, because a socket does not fit into a task. If the task never runs, the socket is closed with it.
  loops_.post(static_cast<int>(to), [share = shares_[to], held = std::make_unique<tcp::socket>(std::move(socket)),
                                     welcome] { share->add(std::move(*held), welcome); });
}

}  // namespace stator::http
