#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "http_request.h"

namespace stator::http {

/// What must be kept of a request until it is answered.
struct Exchange {
  bool head_only = false;
  bool http10 = false;
  bool safe = true;         ///< GET or HEAD
  bool wants_json = false;  ///< the answer to a write is the JSON form
  std::optional<bool> raw;
  std::string accept;
  std::string if_none_match;
};

/// Lets replies be written in any order and leave in the order of their requests. [serial]
class ReplyQueue {
 public:
  using Ticket = std::uint64_t;

  /// A place at the end for the reply to come.
  Ticket open(Exchange exchange);
  Exchange& exchange(Ticket ticket) { return slot(ticket).exchange; }
  /// Where this ticket's reply is to be appended, until the next call of open or finish.
  Bytes& buffer(Ticket ticket) { return ticket == first_ ? output_ : slot(ticket).bytes; }
  /// The reply is complete.
  void finish(Ticket ticket);
  /// The oldest that is not answered; undefined if empty().
  Ticket first() const { return first_; }
  bool is_last(Ticket ticket) const { return ticket + 1 == first_ + slots_.size(); }
  std::size_t size() const { return slots_.size(); }
  bool empty() const { return slots_.empty(); }
  /// What may be sent. The sender takes bytes from its front.
  Bytes& output() { return output_; }
  const Bytes& output() const { return output_; }

 private:
  struct Slot {
    Exchange exchange;
    Bytes bytes;
    bool ready = false;
  };
  Slot& slot(Ticket ticket) { return slots_[static_cast<std::size_t>(ticket - first_)]; }

  Ticket first_ = 0;
  std::deque<Slot> slots_;
  Bytes output_;
};

}  // namespace stator::http
