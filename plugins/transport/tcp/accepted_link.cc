#include "accepted_link.h"

#include <utility>

#include "address.h"
#include "lane.h"

namespace stator::tcp {

using boost::system::error_code;

AcceptedLink::AcceptedLink(std::shared_ptr<Lane> lane, Socket socket) : Link(std::move(lane), std::move(socket)) {}

void AcceptedLink::start() {
  auto weak = std::weak_ptr<Link>(weak_from_this());
  gives_up_ = lane().host().after(lane().options().connect_timeout, [this, weak] {
    if (auto self = weak.lock()) close(Status(Code::unavailable, where() + " says nothing"));
  });
  start_reading();
}

void AcceptedLink::meet(BytesView hello) {
  Result<std::string> node = lane().peers().meet(hello);
  if (!node.is_ok()) {
    lane().host().log(LogLevel::warning, "tcp: " + where() + " is refused: " + node.status().message());
    return refuse(node.status());
  }
  node_ = std::move(*node);
  lane().host().cancel(std::exchange(gives_up_, 0));
  send(FrameKind::hello, 0, BytesView(lane().peers().hello()));
}

void AcceptedLink::ask(std::uint64_t id, BytesView request) {
  lane().peers().receive(node_, std::make_shared<const Bytes>(request), [weak = weak_from_this(), id](Frame reply) {
    if (auto self = weak.lock()) static_cast<AcceptedLink&>(*self).answer(id, std::move(reply));
  });
}

void AcceptedLink::answer(std::uint64_t id, Frame reply) {
  if (is_closed()) return;
  if (reply != nullptr && reply->size() > kMaxPayload) {
    return lane().host().log(LogLevel::error,
                             "tcp: a reply of " + std::to_string(reply->size()) + " bytes is too large to send");
  }
  send(FrameKind::reply, id, std::move(reply));
}

void AcceptedLink::received(const FrameHeader& header, BytesView payload) {
  const bool met = !node_.empty();
  if (header.kind == FrameKind::request && met) {
    ask(header.id, payload);
  } else if (header.kind == FrameKind::ping && met) {
    send(FrameKind::pong, 0, BytesView());
  } else if (header.kind == FrameKind::hello && !met) {
    meet(payload);
  } else if (header.kind == FrameKind::goodbye) {
    lane().host().log(LogLevel::warning, "tcp: " + where() + " closed the connection: " + std::string(payload));
    close(Status(Code::unavailable, std::string(payload)));
  } else {
    close(Status(Code::unavailable, where() + " does not keep to the protocol"));
  }
}

void AcceptedLink::closed(const Status& why) {
  lane().host().cancel(std::exchange(gives_up_, 0));
  lane().host().log(LogLevel::debug, "tcp: " + why.text());
  lane().forget(std::static_pointer_cast<AcceptedLink>(shared_from_this()));
}

std::string AcceptedLink::where() const {
  if (!node_.empty()) return node_;
  return "a stranger";
}

}  // namespace stator::tcp
