#pragma once

namespace stator::grpc_transport {

/// What a completion queue hands back: the tag of an operation. An Event has at most one operation outstanding, and
/// stays where it is until that operation's happened() (and on_loop(), if it was handed on) ran.
class Event {
 public:
  virtual ~Event() = default;
  /// The operation ended; `ok` as gRPC defines it for the operation. [poller's thread] Must not block.
  virtual void happened(bool ok) = 0;
  /// The second half, on the loop that happened() handed it to.
  virtual void on_loop(bool ok) = 0;
};

}  // namespace stator::grpc_transport
