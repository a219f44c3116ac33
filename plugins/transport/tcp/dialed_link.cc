#include "dialed_link.h"

#include <utility>

#include <boost/asio/connect.hpp>

#include "address.h"
#include "lane.h"
#include "line.h"

namespace stator::tcp {

namespace asio = boost::asio;
using boost::system::error_code;

DialedLink::DialedLink(const std::shared_ptr<Lane>& lane, Line& line)
    : Link(lane, Socket(lane->context())), line_(line), resolver_(lane->context()) {}

void DialedLink::start() {
  auto weak = std::weak_ptr<Link>(weak_from_this());
  gives_up_ = lane().host().after(lane().options().connect_timeout, [this, weak] {
    if (auto self = weak.lock()) unreachable("no answer in time");
  });
  Result<Address> address = parse_address(line_.address());
  if (!address.is_ok()) {
    lane().host().post([this, self = shared_from_this(), why = address.status().message()] { unreachable(why); });
    return;
  }
  error_code is_name;
  const auto numeric = asio::ip::make_address(address->host, is_name);
  if (is_name) return resolve(address->host, address->port);
  connect({Endpoint(numeric, address->port)});
}

/// Asks the system's resolver, on a thread of Asio's. It may take its time: the handler keeps nothing alive that stop
/// waits for.
void DialedLink::resolve(const std::string& host, std::uint16_t port) {
  auto weak = std::weak_ptr<Link>(weak_from_this());
  resolver_.async_resolve(host, std::to_string(port),
                          [this, weak](error_code failed, const Resolver::results_type& found) {
                            auto self = weak.lock();
                            if (self == nullptr || is_closed()) return;
                            if (failed) return unreachable(failed.message());
                            connect({found.begin(), found.end()});
                          });
}

void DialedLink::connect(std::vector<Endpoint> endpoints) {
  endpoints_ = std::move(endpoints);
  asio::async_connect(socket(), endpoints_, [this, self = shared_from_this()](error_code failed, const Endpoint&) {
    if (is_closed()) return;
    if (failed) return unreachable(failed.message());
    introduce();
  });
}

void DialedLink::introduce() {
  start_reading();
  if (is_closed()) return;
  send(lane().preamble());
  send(FrameKind::hello, 0, BytesView(lane().peers().hello()));
}

void DialedLink::meet(BytesView hello) {
  Result<std::string> node = lane().peers().meet(hello);
  if (!node.is_ok()) {
    return refuse(Status(Code::unavailable, where() + " was refused: " + node.status().message()));
  }
  met_ = true;
  lane().host().cancel(std::exchange(gives_up_, 0));
  line_.opened(*node);
}

void DialedLink::unreachable(const std::string& why) {
  close(Status(Code::unavailable, where() + " cannot be reached: " + why));
}

void DialedLink::received(const FrameHeader& header, BytesView payload) {
  if (header.kind == FrameKind::reply && met_) {
    line_.answered(header.id, payload);
  } else if (header.kind == FrameKind::pong && met_) {
    line_.heard();
  } else if (header.kind == FrameKind::hello && !met_) {
    meet(payload);
  } else if (header.kind == FrameKind::goodbye) {
    close(Status(Code::unavailable, where() + " closed the connection: " + std::string(payload)));
  } else {
    close(Status(Code::unavailable, where() + " does not keep to the protocol"));
  }
}

void DialedLink::closed(const Status& why) {
  lane().host().cancel(std::exchange(gives_up_, 0));
  resolver_.cancel();
  line_.lost(why, met_);
}

std::string DialedLink::where() const { return line_.address(); }

}  // namespace stator::tcp
