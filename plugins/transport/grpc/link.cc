#include "link.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

#include "statuses.h"

namespace stator::grpc_transport {
namespace {

constexpr const char* kMethod = "/stator.v1.Carrier/Link";
// How long a peer may take to connect and say hello. Requests keep to their own deadlines meanwhile.
constexpr Duration kGreeting = std::chrono::seconds(5);
// Requests that were accepted and not yet written, per link.
constexpr std::size_t kMaxQueuedBytes = 256 << 20;

grpc::ChannelArguments channel_arguments(const LinkLimits& limits) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(static_cast<int>(limits.frame_bytes));
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection, and a fate, of its own
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);             // retries are the kernel's
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_CHANNELZ, 0);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);  // gRPC's name for the time a connect may take
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10000);        // a peer that lost power sends no reset
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  return arguments;
}

}  // namespace

void fail_later(Host& host, Transport::Done done, Status why) {
  host.post([done = std::move(done), why = std::move(why)]() mutable { done(std::move(why)); });
}

Link::Link(Wiring& wiring, Poller& poller, int loop, LinkLimits limits)
    : wiring_(wiring),
      poller_(poller),
      loop_(loop),
      limits_(limits),
      batches_(*this, wiring.loops, poller),
      dialed_op_(poller, [this](bool ok) { on_dialed(ok); }),
      finished_op_(poller, [this](bool) { on_finished(); }) {}

void Link::dial(const std::string& address, OnEnd on_end) {
  address_ = address;
  on_end_ = std::move(on_end);
  wiring_.live.enter();
  self_ = shared_from_this();
  wiring_.share(loop_).endable.push_back(*this);
  greeting_timer_ = wiring_.host.after(kGreeting, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->close({Code::unavailable, self->address_ + " did not greet in time"});
  });
  channel_ =
      grpc::CreateCustomChannel("dns:///" + address, grpc::InsecureChannelCredentials(), channel_arguments(limits_));
  context_ = std::make_unique<grpc::ClientContext>();
  stream_ = grpc::GenericStub(channel_).PrepareCall(context_.get(), kMethod, &poller_.queue());
  stream_->StartCall(dialed_op_.on(loop_));
}

void Link::call(Frame request, TimePoint deadline, Transport::Done done) {
  if (in_flight_.size() >= limits_.in_flight || batches_.queued_bytes() > kMaxQueuedBytes) {
    return fail_later(wiring_.host, std::move(done),
                      {Code::resource_exhausted, "too many requests in flight to " + address_});
  }
  std::uint64_t id = in_flight_.add(deadline, std::move(done));
  batches_.send({id, false, std::move(request)});
  arm_timer();
}

void Link::end() {
  if (is_linked()) unlink();
  close(shutting_down());
}

void Link::on_dialed(bool ok) {
  if (!ok) return ended();
  if (state_ == State::dialing) state_ = State::greeting;
  batches_.attach(*stream_, *stream_, loop_);
  batches_.read();
  batches_.send_alone(encode_hello(wiring_.peers->hello(), loop_));
}

void Link::received(const BatchView& batch) {
  switch (state_) {
    case State::greeting: greet(batch); break;
    case State::open: take_replies(batch); break;
    default: break;
  }
  batches_.read();
}

void Link::greet(const BatchView& batch) {
  auto peer = wiring_.peers->meet(batch.hello);
  if (!peer.is_ok()) {
    batches_.send_alone(encode_refusal(peer.status().message()));
    why_ = {Code::unavailable, "refused " + address_ + ": " + peer.status().message()};
    state_ = State::ending;  // the other side ends the stream, or the greeting times out
    return;
  }
  state_ = State::open;
  met_ = true;
  wiring_.opened_links.add(address_);
  wiring_.host.cancel(std::exchange(greeting_timer_, 0));
  batches_.open_gate();
}

void Link::take_replies(const BatchView& batch) {
  for (const BatchView::Envelope& envelope : batch.frames) {
    if (!envelope.reply) continue;
    // A late reply, to a request that was given up at its deadline, has nobody to go to.
    if (Transport::Done done = in_flight_.take(envelope.id)) {
      done(Frame(std::make_shared<const Bytes>(envelope.payload)));
    }
  }
}

void Link::garbled(const Status& why) {
  close({Code::unavailable, "nonsense from " + address_ + ": " + why.message()});
  batches_.read();
}

void Link::close(Status why) {
  if (why_.is_ok()) why_ = std::move(why);
  state_ = State::ending;
  if (context_ != nullptr) context_->TryCancel();
}

void Link::ended() {
  state_ = State::ending;
  stream_->Finish(&status_, finished_op_.on(loop_));
}

void Link::on_finished() {
  Status theirs = from_grpc(status_);
  std::string text = theirs.message().empty() ? "the stream ended" : theirs.message();
  retire(why_.is_ok() ? Status(Code::unavailable, address_ + ": " + text) : why_);
}

void Link::retire(const Status& why) {
  if (is_linked()) unlink();
  wiring_.host.cancel(std::exchange(greeting_timer_, 0));
  wiring_.host.cancel(std::exchange(deadline_timer_, 0));
  stream_.reset();
  context_.reset();
  channel_.reset();
  on_end_(why, met_);
  for (Transport::Done& done : in_flight_.take_all()) done(why);
  // Freed after the handler this runs in. The wiring may be gone once nothing is live.
  wiring_.loops.post(loop_, [self = std::move(self_)] {});
  wiring_.live.leave();
}

void Link::arm_timer() {
  TimePoint earliest = in_flight_.earliest();
  if (earliest >= timer_due_) return;
  wiring_.host.cancel(deadline_timer_);
  timer_due_ = earliest;
  deadline_timer_ = wiring_.host.after(earliest - wiring_.host.now(), [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->expire();
  });
}

void Link::expire() {
  deadline_timer_ = 0;
  timer_due_ = TimePoint::max();
  auto due = in_flight_.take_due(wiring_.host.now());
  arm_timer();
  for (Transport::Done& done : due) done(Status(Code::deadline_exceeded, "no reply from " + address_ + " in time"));
}

}  // namespace stator::grpc_transport
