#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "reply_queue.h"
#include "request_parser.h"
#include "response.h"
#include "router.h"
#include "server_limits.h"
#include "stator/task.h"
#include "stator/transport.h"

namespace stator::http {

/// What a conversation needs of its surroundings; outlives it until abandon().
struct Surroundings {
  Host& host;
  Clients& clients;
  const Limits& limits;
  const std::string& date;  ///< changes every second
  Bytes& scratch;           ///< for whoever is writing a body at the moment
};

/// One connection's HTTP without its socket: bytes in, calls to the kernel, bytes out. Requests that only read run side
/// by side, up to max_pipeline; one that writes runs alone, since HTTP promises that pipelined requests take effect in
/// order.
///
/// Bounds: no input is taken while max_pipeline requests wait for answers, or more than kMaxUnsent bytes for being
/// sent. Owned by shared_ptr, because the kernel's answers may come after the connection has gone. [serial], on one
/// loop.
class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  static constexpr std::size_t kMaxUnsent = 256 << 10;

  /// `wake` is called when there is something to send, or input may be taken again; possibly inside a call of this
  /// object.
  Conversation(Surroundings around, Task wake);

  /// Takes as much of `input` as it can; returns how many bytes. The rest, if any, is to be offered again, with more.
  std::size_t receive(BytesView input);
  /// The client sends no more. What it asked is still answered.
  void end_input();
  /// Answers what was asked completely, and closes.
  void drain();
  /// Answers what is still open with 503; the kernel's own answers come too late from here on.
  void give_up();
  /// Answers with 408 and closes.
  void time_out();
  /// Answers with 503 without having read anything, and closes.
  void turn_away();
  /// The connection has gone; answers that still come are dropped, and nothing outside is touched any more.
  void abandon();

  /// Bytes to send; the sender erases what it has sent.
  Bytes& output() { return replies_.output(); }
  bool wants_input() const { return input_open_ && !held_ && has_room(); }
  /// Everything is answered and nothing more will be read: close when the output is sent.
  bool finished() const { return !input_open_ && !held_ && replies_.empty(); }
  /// The client may be sending what nobody reads; closing at once could cost it the answer.
  bool cut_short() const { return cut_short_; }

  enum class Phase { idle, head, body, waiting };
  Phase phase() const;
  /// Changes whenever a request or its body begins, and whenever one is answered; phase() is the same in between.
  std::uint64_t stage() const { return stage_; }
  std::uint64_t body_received() const { return parser_.body_received(); }
  std::size_t max_header_bytes() const { return around_.limits.max_header_bytes; }

 private:
  using Ticket = ReplyQueue::Ticket;

  bool has_room() const {
    return replies_.size() < around_.limits.max_pipeline && replies_.output().size() < kMaxUnsent;
  }
  void on_head();
  std::optional<Refusal> check_head();
  bool discard_rest() const;
  void continue_if_due();
  void on_request();
  void refuse_and_stop(const Refusal& refusal);

  void dispatch_held();
  Exchange make_exchange();
  void dispatch(Ticket ticket);
  void dispatch_get(Ticket ticket);
  void dispatch_write(Ticket ticket);
  void dispatch_page(Ticket ticket);
  void dispatch_action(Ticket ticket);
  void set_deadline(RequestHead& head) const;

  template <typename Write>
  void reply(Ticket ticket, Write write);
  void refuse(Ticket ticket, const Refusal& refusal);
  Framing framing(Ticket ticket);
  void answer_get(Ticket ticket, Outcome<GetResult>& outcome);
  void answer_write(Ticket ticket, Outcome<PutResult>& outcome);
  void answer_page(Ticket ticket, Outcome<Page>& outcome);

  Surroundings around_;
  Task wake_;
  RequestParser parser_;
  ReplyQueue replies_;
  std::variant<Route, Refusal> route_;  ///< of the request that is being read or held
  bool held_ = false;                   ///< a complete request waits for its turn
  bool unsafe_in_flight_ = false;
  bool continue_due_ = false;
  bool input_open_ = true;
  bool cut_short_ = false;
  bool deaf_ = false;  ///< to the kernel's answers
  std::uint64_t stage_ = 0;
};

}  // namespace stator::http
