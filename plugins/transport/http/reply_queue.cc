#include "reply_queue.h"

#include <utility>

namespace stator::http {

ReplyQueue::Ticket ReplyQueue::open(Exchange exchange) {
  slots_.push_back({std::move(exchange), {}, false});
  return first_ + slots_.size() - 1;
}

void ReplyQueue::finish(Ticket ticket) {
  slot(ticket).ready = true;
  while (!slots_.empty() && slots_.front().ready) {
    slots_.pop_front();
    ++first_;
    // Whoever is first now has written elsewhere so far.
    if (!slots_.empty()) output_ += std::exchange(slots_.front().bytes, {});
  }
}

}  // namespace stator::http
