#pragma once

#include <grpcpp/completion_queue.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "event.h"
#include "stator/host.h"

namespace stator::grpc_transport {

/// One completion queue and the thread that polls it.
///
/// Events that arrive together go to their loops together: a hop to an idle loop costs more than the rest of the
/// request's way through here, a batched one next to nothing.
class Poller {
 public:
  Poller(std::unique_ptr<grpc::CompletionQueue> queue, Loops& loops);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// [startup] Once.
  void start();
  /// Has on_loop(ok) called on that loop soon. Only from inside happened().
  void hand_to(int loop, Event& event, bool ok);
  /// Drains the queue and joins the thread. No operation may start on the queue afterwards; none may be outstanding
  /// whose event hands itself to a loop. May be called twice. [blocking]
  void stop();

  /// Where operations are started. [any-thread]
  grpc::CompletionQueue& queue() { return *queue_; }
  /// The same, of a server that was given the queue; undefined otherwise.
  grpc::ServerCompletionQueue& server_queue() { return static_cast<grpc::ServerCompletionQueue&>(*queue_); }

 private:
  using Handed = std::vector<std::pair<Event*, bool>>;

  void run();
  void gather();
  void flush();

  std::unique_ptr<grpc::CompletionQueue> queue_;
  Loops& loops_;
  std::vector<Handed> handed_;  // by loop; touched by the thread alone
  std::thread thread_;
  bool stopped_ = false;
};

}  // namespace stator::grpc_transport
