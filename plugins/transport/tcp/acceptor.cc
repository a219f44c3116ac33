#include "acceptor.h"

#include <utility>

#include <boost/asio/read.hpp>

#include "address.h"

namespace stator::tcp {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// How many connections may be silent at once; those above are closed at once.
constexpr std::size_t kMostOpenings = 1024;
/// Pause after a failed accept, which mostly means that the process has no more descriptors.
constexpr Duration kPause = std::chrono::milliseconds(100);

Result<tcp::endpoint> endpoint_of(const std::string& text) {
  Result<Address> address = parse_address(text);
  if (!address.is_ok()) return address.status();
  asio::io_context context;
  error_code failed;
  const auto found =
      tcp::resolver(context).resolve(address->host, std::to_string(address->port), tcp::resolver::passive, failed);
  if (failed || found.empty()) return Status(Code::invalid_argument, "'" + text + "': " + failed.message());
  return found.begin()->endpoint();
}

}  // namespace

Acceptor::Acceptor(const Surroundings& around, std::vector<std::shared_ptr<Lane>> lanes, std::shared_ptr<void> alive)
    : around_(around), lanes_(std::move(lanes)), alive_(std::move(alive)), acceptor_(around.loops.context(0)) {}

Status Acceptor::listen(const std::string& address) {
  Result<tcp::endpoint> endpoint = endpoint_of(address);
  if (!endpoint.is_ok()) return {endpoint.status().code(), "tcp cannot listen on " + endpoint.status().message()};
  error_code failed;
  acceptor_.open(endpoint->protocol(), failed);
  if (!failed) acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor_.bind(*endpoint, failed);
  if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) return {Code::unavailable, "tcp cannot listen on '" + address + "': " + failed.message()};
  const tcp::endpoint bound = acceptor_.local_endpoint(failed);
  address_ = text_of(Address{bound.address().to_string(), bound.port()});
  return {};
}

void Acceptor::accept() {
  acceptor_.async_accept([self = shared_from_this()](error_code failed, Socket socket) {
    if (!self->acceptor_.is_open()) return;
    if (!failed) {
      self->accepted(std::move(socket));
      return self->accept();
    }
    self->around_.host.log(LogLevel::warning,
                           "tcp cannot accept a connection on " + self->address_ + ": " + failed.message());
    self->around_.host.after(kPause, [weak = self->weak_from_this()] {
      auto again = weak.lock();
      if (again != nullptr && again->acceptor_.is_open()) again->accept();
    });
  });
}

void Acceptor::accepted(Socket socket) {
  if (openings_.size() >= kMostOpenings) return;
  auto opening = std::make_shared<Opening>(std::move(socket));
  openings_.insert(opening);
  opening->gives_up = around_.host.after(around_.options.connect_timeout, [weak = std::weak_ptr(opening)] {
    error_code ignored;
    if (auto slow = weak.lock()) slow->socket.close(ignored);
  });
  asio::async_read(opening->socket, asio::buffer(opening->preamble),
                   [self = shared_from_this(), opening](error_code failed, std::size_t) {
                     if (!self->acceptor_.is_open()) return;
                     if (!failed && opening->socket.is_open()) return self->finish(opening);
                     self->around_.host.cancel(opening->gives_up);
                     self->openings_.erase(opening);
                   });
}

void Acceptor::finish(const std::shared_ptr<Opening>& opening) {
  around_.host.cancel(opening->gives_up);
  openings_.erase(opening);
  if (const std::optional<Preamble> preamble = decode(opening->preamble))
    hand_over(std::move(opening->socket), *preamble);
}

/// A socket belongs to the io_context it was made on: it leaves this one's and enters the other's.
void Acceptor::hand_over(Socket socket, const Preamble& preamble) {
  Lane& lane = *lanes_[preamble.loop % lanes_.size()];
  error_code failed;
  const tcp protocol = socket.local_endpoint(failed).protocol();
  Socket moved(lane.context());
  if (!failed) moved.assign(protocol, socket.release(failed), failed);
  if (!failed) lane.adopt(std::move(moved));
}

void Acceptor::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  for (const auto& opening : std::exchange(openings_, {})) {
    around_.host.cancel(opening->gives_up);
    opening->socket.close(ignored);
  }
}

}  // namespace stator::tcp
