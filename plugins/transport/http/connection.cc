#include "connection.h"

#include <chrono>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include "server_loop.h"

namespace stator::http {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

/// How long a connection that was closed early may go on sending before its client has read why.
constexpr Duration kLinger = 1s;
/// A body may take a second more for every so many bytes: slow links are fine, a byte now and then is not.
constexpr std::uint64_t kSlowestBytesPerSecond = 64 << 10;
/// Output memory that is kept between replies.
constexpr std::size_t kKeptOutput = 64 << 10;

}  // namespace

Connection::Connection(std::shared_ptr<ServerLoop> loop, asio::ip::tcp::socket socket, bool refused)
    : loop_(std::move(loop)), socket_(std::move(socket)), refused_(refused), since_(loop_->now()) {
  conversation_ = std::make_shared<Conversation>(loop_->surroundings(), [this] { schedule(); });
}

void Connection::start() {
  boost::system::error_code ignored;
  socket_->non_blocking(true, ignored);
  socket_->set_option(asio::ip::tcp::no_delay(true), ignored);
  if (refused_) return conversation_->turn_away();
  read_more();
}

void Connection::schedule() {
  if (scheduled_ || !socket_) return;
  scheduled_ = true;
  loop_->schedule(shared_from_this());
}

void Connection::turn() {
  scheduled_ = false;
  if (!socket_) return;
  send();
  if (!socket_ || lingering_) return;
  take_input();
  if (conversation_->finished() && all_sent()) return finish();
  read_more();
}

void Connection::take_input() { input_.consume(conversation_->receive(input_.view())); }

void Connection::read_more() {
  if (reading_ || input_ended_ || (!lingering_ && !conversation_->wants_input())) return;
  reading_ = true;
  const auto space = input_.prepare(conversation_->body_received() >= ReadBuffer::kSmall);
  socket_->async_read_some(asio::buffer(space.data(), space.size()),
                           [self = shared_from_this()](const boost::system::error_code& error, std::size_t bytes) {
                             self->on_read(error == asio::error::eof, static_cast<bool>(error), bytes);
                           });
}

void Connection::on_read(bool ended, bool failed, std::size_t bytes) {
  reading_ = false;
  if (!socket_) return;
  if (failed && (!ended || lingering_)) return close();
  if (ended) {
    input_ended_ = true;
    conversation_->end_input();
    return schedule();
  }
  input_.commit(bytes);
  if (lingering_) {
    input_.consume(input_.view().size());
  } else {
    take_input();
  }
  read_more();
}

bool Connection::all_sent() const { return sent_ == conversation_->output().size(); }

void Connection::send() {
  Bytes& output = conversation_->output();
  while (!waits_to_write_ && !all_sent()) {
    boost::system::error_code error;
    const std::size_t bytes = socket_->write_some(asio::buffer(output.data() + sent_, output.size() - sent_), error);
    sent_ += bytes;
    sent_ever_ += bytes;
    if (error == asio::error::would_block || error == asio::error::try_again) {
      waits_to_write_ = true;
      socket_->async_wait(asio::ip::tcp::socket::wait_write,
                          [self = shared_from_this()](const boost::system::error_code&) {
                            self->waits_to_write_ = false;
                            self->turn();
                          });
    } else if (error) {
      return close();
    }
  }
  if (!all_sent()) return;
  output.clear();
  sent_ = 0;
  if (output.capacity() > kKeptOutput) Bytes().swap(output);
}

void Connection::check_time() {
  const TimePoint now = loop_->now();
  if (!lingering_ && (seen_stage_ != conversation_->stage() || seen_sent_ != sent_ever_)) {
    seen_stage_ = conversation_->stage();
    seen_sent_ = sent_ever_;
    since_ = now;
    return;
  }
  const Duration age = now - since_;
  const Limits& limits = loop_->limits();
  if (lingering_) return age >= kLinger ? close() : void();
  if (!all_sent()) return age >= limits.idle_timeout ? close() : void();
  switch (conversation_->phase()) {
    case Conversation::Phase::waiting: return;
    case Conversation::Phase::idle: return age >= limits.idle_timeout ? close() : void();
    case Conversation::Phase::head: return age >= limits.header_timeout ? conversation_->time_out() : void();
    case Conversation::Phase::body: break;
  }
  const auto allowance = std::chrono::seconds(conversation_->body_received() / kSlowestBytesPerSecond);
  if (age >= limits.body_timeout + allowance) conversation_->time_out();
}

void Connection::drain() {
  conversation_->drain();
  schedule();
}

void Connection::give_up() {
  if (!socket_) return;
  conversation_->give_up();
  send();
  close();
}

/// Everything is answered and sent.
void Connection::finish() {
  const bool unread = conversation_->cut_short() || !input_.empty();
  if (unread && !input_ended_ && !loop_->draining()) return linger();
  close();
}

/// Closing with unread input resets the connection, and the client may lose the answer. So only the sending side is
/// closed, and what still comes is thrown away for a while.
void Connection::linger() {
  boost::system::error_code error;
  socket_->shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) return close();
  lingering_ = true;
  since_ = loop_->now();
  if (!reading_) input_.consume(input_.view().size());
  read_more();
}

void Connection::close() {
  if (!socket_) return;
  const auto self = shared_from_this();
  conversation_->abandon();
  socket_.reset();
  loop_->remove(self);
}

}  // namespace stator::http
