#pragma once

#include <atomic>

#include "event.h"
#include "poller.h"
#include "stator/task.h"

namespace stator::grpc_transport {

/// One kind of operation of a stream, whose end is handled on a loop.
class Op final : public Event {
 public:
  Op(Poller& poller, UniqueFunction<void(bool ok)> handler) : poller_(poller), handler_(std::move(handler)) {}

  /// The tag for an operation that is about to start, and the loop on which its end is handled.
  void* on(int loop) {
    loop_.store(loop, std::memory_order_release);
    return static_cast<Event*>(this);
  }
  void happened(bool ok) override { poller_.hand_to(loop_.load(std::memory_order_acquire), *this, ok); }
  void on_loop(bool ok) override { handler_(ok); }

 private:
  Poller& poller_;
  UniqueFunction<void(bool)> handler_;
  std::atomic<int> loop_{0};
};

}  // namespace stator::grpc_transport
