#include <grpcpp/server_builder.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "batch_stream.h"
#include "service.h"
#include "stator/v1/carrier.grpc.pb.h"
#include "statuses.h"
#include "wiring.h"

namespace stator::grpc_transport {
namespace {

// How long a dialer may take to say hello.
constexpr Duration kGreeting = std::chrono::seconds(5);
// Replies gathered for a peer that does not read them.
constexpr std::size_t kMaxQueuedBytes = 256 << 20;

using Raw = v1::Carrier::WithRawMethod_Link<v1::Carrier::Service>;

/// An accepted link: the requests of one loop of one peer come in, replies go back. [serial, its loop, which is chosen
/// by the dialer's hello]
class ServedLink final : public BatchStream::Owner, public Endable, public std::enable_shared_from_this<ServedLink> {
 public:
  ServedLink(Wiring& wiring, Poller& poller, Raw& service)
      : wiring_(wiring),
        poller_(poller),
        service_(service),
        batches_(*this, wiring.loops, poller),
        accepted_op_(poller, [this](bool ok) { on_accepted(ok); }),
        finished_op_(poller, [this](bool) { retire(); }) {}

  /// Waits for a dialer; whoever is accepted sees to the next.
  static void accept(Wiring& wiring, Poller& poller, Raw& service) {
    auto link = std::make_shared<ServedLink>(wiring, poller, service);
    wiring.live.enter();
    link->self_ = link;
    grpc::ServerCompletionQueue& queue = poller.server_queue();
    service.RequestLink(&link->context_.emplace(), &link->stream_.emplace(&*link->context_), &queue, &queue,
                        link->accepted_op_.on(link->loop_));
  }

  void end() override {
    if (is_linked()) unlink();
    why_ = to_grpc(shutting_down());
    context_->TryCancel();
  }

 private:
  void on_accepted(bool ok) {
    if (!ok) return retire();
    accept(wiring_, poller_, service_);
    if (wiring_.share(loop_).stopping) return finish(to_grpc(shutting_down()));
    wiring_.share(loop_).endable.push_back(*this);
    greeting_timer_ = wiring_.host.after(kGreeting, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->context_->TryCancel();
    });
    batches_.attach(*stream_, *stream_, loop_);
    batches_.read();
  }

  void received(const BatchView& batch) override {
    if (!greeted_) return greet(batch);
    if (!batch.refusal.empty()) {
      wiring_.host.log(LogLevel::warning, node_ + " refuses this node: " + std::string(batch.refusal));
      context_->TryCancel();
      return batches_.read();
    }
    for (const BatchView::Envelope& envelope : batch.frames) {
      if (!envelope.reply) take_request(envelope);
    }
    batches_.read();
  }

  void greet(const BatchView& batch) {
    greeted_ = true;
    if (is_linked()) unlink();
    wiring_.host.cancel(std::exchange(greeting_timer_, 0));
    auto node = wiring_.peers->meet(batch.hello);
    if (!node.is_ok()) {
      wiring_.host.log(LogLevel::warning, "refused a link: " + node.status().message());
      return finish(to_grpc(Status(Code::failed_precondition, node.status().message())));
    }
    node_ = std::move(*node);
    loop_ = static_cast<int>(batch.loop % static_cast<unsigned>(wiring_.loops.count()));
    wiring_.loops.post(loop_, [this, held = shared_from_this()] { open(); });
  }

  void open() {
    if (wiring_.share(loop_).stopping) return finish(to_grpc(shutting_down()));
    wiring_.share(loop_).endable.push_back(*this);
    open_ = true;
    batches_.attach(*stream_, *stream_, loop_);
    batches_.read();
    batches_.send_alone(encode_hello(wiring_.peers->hello(), loop_));
    batches_.open_gate();
  }

  void take_request(const BatchView::Envelope& envelope) {
    wiring_.peers->receive(
        node_, std::make_shared<const Bytes>(envelope.payload),
        [self = shared_from_this(), id = envelope.id](Frame reply) { self->send(id, std::move(reply)); });
  }

  void send(std::uint64_t id, Frame reply) {
    if (!open_) return;
    batches_.send({id, true, std::move(reply)});
    if (batches_.queued_bytes() > kMaxQueuedBytes) context_->TryCancel();
  }

  void garbled(const Status& why) override {
    wiring_.host.log(LogLevel::warning, "nonsense on the link of " + node_ + ": " + why.message());
    why_ = to_grpc(why);
    context_->TryCancel();
    batches_.read();
  }

  void ended() override { finish(why_); }
  std::shared_ptr<Owner> hold() override { return shared_from_this(); }

  /// Only while no operation is outstanding.
  void finish(const grpc::Status& status) {
    open_ = false;
    if (is_linked()) unlink();
    stream_->Finish(status, finished_op_.on(loop_));
  }

  void retire() {
    wiring_.host.cancel(std::exchange(greeting_timer_, 0));
    stream_.reset();
    context_.reset();
    // Freed after the handler this runs in. The wiring may be gone once nothing is live.
    wiring_.loops.post(loop_, [self = std::move(self_)] {});
    wiring_.live.leave();
  }

  Wiring& wiring_;
  Poller& poller_;
  Raw& service_;
  int loop_ = 0;  // until the hello says another
  std::string node_;
  bool greeted_ = false;
  bool open_ = false;
  grpc::Status why_;
  TimerId greeting_timer_ = 0;

  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> stream_;
  BatchStream batches_;
  Op accepted_op_;
  Op finished_op_;
  std::shared_ptr<ServedLink> self_;  // while it has, or may start, an operation
};

class CarrierService final : public Service {
 public:
  explicit CarrierService(grpc::ServerBuilder& builder) { builder.RegisterService(&raw_); }
  void arm(Wiring& wiring, const std::vector<std::unique_ptr<Poller>>& pollers) override {
    for (const auto& poller : pollers) ServedLink::accept(wiring, *poller, raw_);
  }

 private:
  Raw raw_;
};

}  // namespace

std::unique_ptr<Service> add_carrier(grpc::ServerBuilder& builder) { return std::make_unique<CarrierService>(builder); }

}  // namespace stator::grpc_transport
