#include "link.h"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>

#include "lane.h"

namespace stator::tcp {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

using Buffers = std::array<asio::const_buffer, FrameWriter::kMostPieces>;

/// The first of a buffer array, as Asio wants a sequence.
struct Gathered {
  using value_type = asio::const_buffer;
  using const_iterator = const asio::const_buffer*;
  const_iterator first;
  const_iterator last;
  const_iterator begin() const { return first; }
  const_iterator end() const { return last; }
};

/// Where the wire is cut without a word, the kernel finds out by itself in about this time, also on a connection that
/// waits.
void notice_lost_peers(Socket& socket) {
  using asio::detail::socket_option::integer;
  error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPIDLE>(15), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPINTVL>(5), ignored);
  socket.set_option(integer<IPPROTO_TCP, TCP_KEEPCNT>(3), ignored);
}

}  // namespace

Link::Link(std::shared_ptr<Lane> lane, Socket socket) : lane_(std::move(lane)), socket_(std::move(socket)) {}

void Link::start_reading() {
  error_code failed;
  socket_.non_blocking(true, failed);
  if (failed) return close(Status(Code::unavailable, where() + ": " + failed.message()));
  socket_.set_option(asio::ip::tcp::no_delay(true), failed);
  notice_lost_peers(socket_);
  read();
}

void Link::read() {
  const std::span<char> space = reader_.space();
  socket_.async_read_some(
      asio::buffer(space.data(), space.size()), [self = shared_from_this()](error_code failed, std::size_t size) {
        if (self->closed_) return;
        if (failed) {
          const bool ended = failed == asio::error::eof;
          return self->close(
              Status(Code::unavailable, self->where() + (ended ? " closed the connection" : ": " + failed.message())));
        }
        self->reader_.filled(size);
        self->take_frames();
      });
}

void Link::take_frames() {
  FrameHeader header;
  BytesView payload;
  while (!closed_) {
    switch (reader_.next(limit(), header, payload)) {
      case FrameReader::Next::frame: received(header, payload); break;
      case FrameReader::Next::broken:
        return close(Status(Code::unavailable, where() + " sent bytes that are not this protocol"));
      case FrameReader::Next::incomplete:
        reading_paused_ = writer_.queued() > lane_->options().max_queued_bytes;
        return reading_paused_ ? void() : read();
    }
  }
}

void Link::send(FrameKind kind, std::uint64_t id, Frame payload) {
  writer_.add(kind, id, std::move(payload));
  lane_->flush_soon(*this);
}

void Link::send(FrameKind kind, std::uint64_t id, BytesView payload) {
  writer_.add(kind, id, payload);
  lane_->flush_soon(*this);
}

void Link::flush() {
  if (closed_ || waits_to_write_) return;
  Buffers buffers;
  for (std::span<const BytesView> pieces = writer_.next(); !pieces.empty(); pieces = writer_.next()) {
    std::transform(pieces.begin(), pieces.end(), buffers.begin(),
                   [](BytesView piece) { return asio::const_buffer(piece.data(), piece.size()); });
    error_code failed;
    const std::size_t size = socket_.write_some(Gathered{buffers.data(), buffers.data() + pieces.size()}, failed);
    if (failed == asio::error::would_block) return continue_when_writable();
    if (failed) return close(Status(Code::unavailable, where() + ": " + failed.message()));
    writer_.sent(size);
  }
  if (reading_paused_ && writer_.queued() == 0) {
    reading_paused_ = false;
    read();
  }
}

void Link::continue_when_writable() {
  waits_to_write_ = true;
  socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](error_code) {
    self->waits_to_write_ = false;
    self->flush();
  });
}

void Link::refuse(const Status& why) {
  if (closed_) return;
  writer_.add(FrameKind::goodbye, 0, BytesView(why.message()));
  flush();  // best effort: a socket that takes no more loses the reason
  close(why);
}

void Link::close(const Status& why) {
  if (std::exchange(closed_, true)) return;
  const auto self = shared_from_this();  // whoever hears of it lets go
  close_socket();
  closed(why);
}

void Link::close_socket() {
  error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace stator::tcp
