#pragma once

#include <memory>
#include <string>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "frame_reader.h"
#include "frame_writer.h"
#include "stator/status.h"
#include "stator/transport.h"

namespace stator::tcp {

class Lane;

/// Bound to io_context's own executor: the usual one, of any type, costs an indirection for every handler.
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// One connection, of either side: frames in, frames out. What a turn of the loop adds goes out in one write at its
/// end. Owned by its handlers and by whoever still writes to it; closes once. [serial, on its lane's loop]
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(std::shared_ptr<Lane> lane, Socket socket);
  virtual ~Link() = default;

  /// Writes what was added as far as the socket takes it, and goes on when it takes more.
  void flush();
  /// Tells the implementation why, once. Nothing is received after it.
  void close(const Status& why);
  /// As close, but the other side is told the reason first.
  void refuse(const Status& why);
  bool is_closed() const { return closed_; }
  std::size_t queued_bytes() const { return writer_.queued(); }

 protected:
  /// One frame. The payload lives for the call.
  virtual void received(const FrameHeader& header, BytesView payload) = 0;
  virtual void closed(const Status& why) = 0;
  /// The longest payload that the other side may send now.
  virtual std::uint32_t limit() const = 0;
  /// Where the other side is, for messages.
  virtual std::string where() const = 0;

  /// Options of the socket, then reads until it is closed.
  void start_reading();
  void send(FrameKind kind, std::uint64_t id, Frame payload);
  void send(FrameKind kind, std::uint64_t id, BytesView payload);
  void send(const Preamble& preamble) { writer_.add(preamble); }
  Lane& lane() { return *lane_; }
  Socket& socket() { return socket_; }

 private:
  friend class Lane;  // keeps flush_is_due_
  void read();
  void take_frames();
  void continue_when_writable();
  void close_socket();

  const std::shared_ptr<Lane> lane_;
  Socket socket_;
  FrameReader reader_;
  FrameWriter writer_;
  bool closed_ = false;
  bool waits_to_write_ = false;
  bool reading_paused_ = false;  ///< until the other side takes what it asked for
  bool flush_is_due_ = false;
};

}  // namespace stator::tcp
