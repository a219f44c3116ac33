#pragma once

#include <string>
#include <vector>

#include "link.h"

namespace stator::tcp {

class Line;

/// A connection from the side that dialed it: name, connection, hellos, then requests out and replies in.
/// [serial, on its lane's loop]
class DialedLink final : public Link {
 public:
  /// The line belongs to the lane.
  DialedLink(const std::shared_ptr<Lane>& lane, Line& line);
  /// Nothing of the line is called inside.
  void start();
  void request(std::uint64_t id, Frame payload) { send(FrameKind::request, id, std::move(payload)); }
  void ping() { send(FrameKind::ping, 0, BytesView()); }

 private:
  using Endpoint = boost::asio::ip::tcp::endpoint;
  using Resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

  void resolve(const std::string& host, std::uint16_t port);
  void connect(std::vector<Endpoint> endpoints);
  void introduce();
  void meet(BytesView hello);
  void unreachable(const std::string& why);

  void received(const FrameHeader& header, BytesView payload) override;
  void closed(const Status& why) override;
  std::uint32_t limit() const override { return met_ ? kMaxPayload : kMaxHello; }
  std::string where() const override;

  Line& line_;
  Resolver resolver_;
  std::vector<Endpoint> endpoints_;
  TimerId gives_up_ = 0;
  bool met_ = false;
};

}  // namespace stator::tcp
