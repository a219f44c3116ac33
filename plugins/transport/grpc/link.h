#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <string>

#include "batch_stream.h"
#include "in_flight.h"
#include "wiring.h"

namespace stator::grpc_transport {

/// What every link of an instance keeps to.
struct LinkLimits {
  std::size_t in_flight = 0;
  std::size_t frame_bytes = 0;
};

/// A dialed link: one stream, on a connection of its own, from one loop to one peer. Requests wait in it until both
/// sides have met; when it ends, all that is unanswered is `unavailable`. Not used again afterwards. [serial, its loop]
class Link final : public BatchStream::Owner, public Endable, public std::enable_shared_from_this<Link> {
 public:
  /// Told once that the link ended, before the requests in it are. `met`: it had come to be open.
  using OnEnd = UniqueFunction<void(const Status& why, bool met)>;

  Link(Wiring& wiring, Poller& poller, int loop, LinkLimits limits);
  /// Connects. Once.
  void dial(const std::string& address, OnEnd on_end);
  /// As Transport::call. Not after OnEnd.
  void call(Frame request, TimePoint deadline, Transport::Done done);
  void end() override;

 private:
  enum class State { dialing, greeting, open, ending };

  void received(const BatchView& batch) override;
  void garbled(const Status& why) override;
  void ended() override;
  std::shared_ptr<Owner> hold() override { return shared_from_this(); }

  void on_dialed(bool ok);
  void on_finished();
  void greet(const BatchView& batch);
  void take_replies(const BatchView& batch);
  /// Makes the stream end; `why` is what is then told.
  void close(Status why);
  void retire(const Status& why);
  void arm_timer();
  void expire();

  Wiring& wiring_;
  Poller& poller_;
  const int loop_;
  const LinkLimits limits_;
  std::string address_;
  OnEnd on_end_;
  State state_ = State::dialing;
  bool met_ = false;
  Status why_;  // of an end that began here

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::Status status_;
  BatchStream batches_;
  Op dialed_op_;
  Op finished_op_;

  InFlight in_flight_;
  TimerId deadline_timer_ = 0;
  TimePoint timer_due_ = TimePoint::max();
  TimerId greeting_timer_ = 0;
  std::shared_ptr<Link> self_;  // from dial to retirement
};

/// Hands a failure to `done` on the caller's loop, but not inside the call.
void fail_later(Host& host, Transport::Done done, Status why);

}  // namespace stator::grpc_transport
