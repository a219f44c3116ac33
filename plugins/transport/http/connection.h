#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

#include "conversation.h"
#include "read_buffer.h"
#include "stator/host.h"

namespace stator::http {

class ServerLoop;

/// A client's socket and its conversation. Reads when the conversation wants input, writes at the end of the loop's
/// turn, and keeps no timer: the loop's sweep looks at it. On its loop only; owned by the loop, and by the handlers
/// that Asio holds for it, which may run after the loop let go.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerLoop> loop, boost::asio::ip::tcp::socket socket, bool refused);

  /// Begins to read; or, if it is refused, only says that there are too many connections.
  void start();
  bool refused() const { return refused_; }
  /// What there is to do after the conversation moved: send, read on, close.
  void turn();
  /// Closes what has taken too long.
  void check_time();
  /// Finishes what is under way.
  void drain();
  /// Answers what is under way with 503 and closes.
  void give_up();
  void close();

 private:
  void schedule();
  void take_input();
  void read_more();
  void on_read(bool ended, bool failed, std::size_t bytes);
  void send();
  bool all_sent() const;
  void finish();
  void linger();

  std::shared_ptr<ServerLoop> loop_;
  std::optional<boost::asio::ip::tcp::socket>
      socket_;  ///< empty once closed: late handlers must not need the io_context
  std::shared_ptr<Conversation> conversation_;
  const bool refused_;
  ReadBuffer input_;
  std::size_t sent_ = 0;  ///< of the conversation's output
  std::uint64_t sent_ever_ = 0;
  bool scheduled_ = false;
  bool reading_ = false;
  bool waits_to_write_ = false;
  bool input_ended_ = false;
  bool lingering_ = false;
  /// What check_time saw last, and when it first saw it.
  std::uint64_t seen_stage_ = 0;
  std::uint64_t seen_sent_ = 0;
  TimePoint since_;
};

}  // namespace stator::http
