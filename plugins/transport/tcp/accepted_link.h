#pragma once

#include <string>

#include "link.h"

namespace stator::tcp {

/// A connection from the side that accepted it: hellos, then requests in and replies out. [serial, on its lane's loop]
class AcceptedLink final : public Link {
 public:
  AcceptedLink(std::shared_ptr<Lane> lane, Socket socket);
  void start();

 private:
  void meet(BytesView hello);
  void ask(std::uint64_t id, BytesView request);
  void answer(std::uint64_t id, Frame reply);

  void received(const FrameHeader& header, BytesView payload) override;
  void closed(const Status& why) override;
  std::uint32_t limit() const override { return node_.empty() ? kMaxHello : kMaxPayload; }
  std::string where() const override;

  std::string node_;  ///< who it is; empty until we have met
  TimerId gives_up_ = 0;
};

}  // namespace stator::tcp
