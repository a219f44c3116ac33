#pragma once

#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <atomic>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "poller.h"
#include "service.h"
#include "statuses.h"
#include "wiring.h"

namespace stator::grpc_transport {

template <typename Method>
class CallPool;

/// What gRPC fills when a request arrives, and the tag it then hands back.
template <typename Request, typename Reply>
struct Armed {
  grpc::ServerContext* context;
  Request* request;
  grpc::ServerAsyncResponseWriter<Reply>* writer;
  grpc::ServerCompletionQueue* queue;
  void* tag;
};

/// One request of a unary method, from being armed to being answered; then reused, with the memory it has grown.
///
/// A Method is a struct with the types Service, Request, Reply and the functions
///   static void arm(Service&, const Armed<Request, Reply>&)
///   static void serve(Wiring&, std::shared_ptr<UnaryCall<Method>>)   [on a loop]
/// serve has answer() or fail() called once, on the same loop; later calls are ignored only after end() or expire().
template <typename Method>
class UnaryCall final : public Event, public Endable, public std::enable_shared_from_this<UnaryCall<Method>> {
 public:
  using Request = typename Method::Request;
  using Reply = typename Method::Reply;

  UnaryCall(Wiring& wiring, Poller& poller, CallPool<Method>& pool) : wiring_(wiring), poller_(poller), pool_(pool) {}

  /// Good until the call is answered. The request may be moved from.
  Request& request() { return request_; }
  grpc::ServerContext& context() { return exchange_->context; }
  typename Method::Service& service() { return pool_.service_; }

  void answer(const Reply& reply) {
    if (!begin_answer()) return;
    exchange_->writer.Finish(reply, grpc::Status::OK, static_cast<Event*>(this));
  }
  void fail(const Failure& failure) {
    if (!begin_answer()) return;
    add_details(exchange_->context, failure);
    exchange_->writer.FinishWithError(to_grpc(failure.status), static_cast<Event*>(this));
  }
  /// Answers before whoever was asked did. Its late answer must find this object, not the next request in it, so it is
  /// not reused.
  void expire(const Failure& failure) {
    if (state_.load(std::memory_order_relaxed) == State::answering) return;
    reusable_ = false;
    fail(failure);
  }
  void end() override { expire({shutting_down(), {}, {}}); }

 private:
  friend class CallPool<Method>;
  enum class State { armed, serving, answering };
  struct Exchange {  // gRPC wants both new for each request
    grpc::ServerContext context;
    grpc::ServerAsyncResponseWriter<Reply> writer{&context};
  };

  void happened(bool ok) override {
    if (state_.load(std::memory_order_acquire) == State::answering) return pool_.finished(*this);
    if (!ok) return pool_.retired(*this);
    pool_.arm_one();
    if (pool_.is_full()) {
      fail({Status(Code::resource_exhausted, "too many requests in flight"), {}, {}});
      return;
    }
    loop_ = wiring_.next_loop();
    poller_.hand_to(loop_, *this, true);
  }

  void on_loop(bool) override {
    LoopShare& share = wiring_.share(loop_);
    if (share.stopping) return fail({shutting_down(), {}, {}});
    share.endable.push_back(*this);
    state_.store(State::serving, std::memory_order_relaxed);
    Method::serve(wiring_, this->shared_from_this());
  }

  bool begin_answer() {
    if (state_.load(std::memory_order_relaxed) == State::answering) return false;
    if (this->is_linked()) this->unlink();
    state_.store(State::answering, std::memory_order_release);
    return true;
  }

  Wiring& wiring_;
  Poller& poller_;
  CallPool<Method>& pool_;
  std::shared_ptr<UnaryCall> self_;  // while armed or being served
  std::optional<Exchange> exchange_;
  Request request_;
  std::atomic<State> state_{State::armed};
  int loop_ = 0;
  bool reusable_ = true;
};

/// The calls of one method on one poller: a few armed ones, and those that wait to be armed again.
/// [serial: the poller's thread, and the starting thread before that runs]
template <typename Method>
class CallPool {
 public:
  CallPool(Wiring& wiring, typename Method::Service& service, Poller& poller)
      : wiring_(wiring), service_(service), poller_(poller) {}

  /// Arms enough calls to take a burst without waiting for this thread.
  void arm() {
    for (int armed = 0; armed < kArmed; ++armed) arm_one();
  }

 private:
  friend class UnaryCall<Method>;
  using Call = UnaryCall<Method>;
  static constexpr int kArmed = 32;

  void arm_one() {
    std::shared_ptr<Call> call;
    if (idle_.empty()) {
      call = std::make_shared<Call>(wiring_, poller_, *this);
    } else {
      call = std::move(idle_.back());
      idle_.pop_back();
    }
    wiring_.live.enter();
    ++busy_;
    call->exchange_.emplace();
    call->state_.store(Call::State::armed, std::memory_order_relaxed);
    Call& armed = *call;
    armed.self_ = std::move(call);
    Method::arm(service_, {&armed.exchange_->context, &armed.request_, &armed.exchange_->writer,
                           &poller_.server_queue(), static_cast<Event*>(&armed)});
  }

  bool is_full() const { return busy_ > kArmed + wiring_.max_in_flight; }

  void finished(Call& call) {
    std::shared_ptr<Call> done = release(call);
    if (done->reusable_) idle_.push_back(std::move(done));
  }

  void retired(Call& call) { release(call); }

  std::shared_ptr<Call> release(Call& call) {
    std::shared_ptr<Call> self = std::move(call.self_);
    self->exchange_.reset();
    --busy_;
    wiring_.live.leave();
    return self;
  }

  Wiring& wiring_;
  typename Method::Service& service_;
  Poller& poller_;
  std::vector<std::shared_ptr<Call>> idle_;
  std::size_t busy_ = 0;
};

/// A service all of whose served methods are unary.
template <typename Registered, typename... Methods>
class UnaryService final : public Service {
 public:
  explicit UnaryService(grpc::ServerBuilder& builder) { builder.RegisterService(&registered_); }
  Registered& registered() { return registered_; }

  void arm(Wiring& wiring, const std::vector<std::unique_ptr<Poller>>& pollers) override {
    for (const auto& poller : pollers) {
      pools_.push_back(std::make_unique<Pools>(CallPool<Methods>(wiring, registered_, *poller)...));
      std::apply([](auto&... pool) { (pool.arm(), ...); }, *pools_.back());
    }
  }

 private:
  using Pools = std::tuple<CallPool<Methods>...>;
  Registered registered_;
  std::vector<std::unique_ptr<Pools>> pools_;  // by poller
};

}  // namespace stator::grpc_transport
