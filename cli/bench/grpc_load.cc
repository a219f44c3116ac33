#include "cli/bench/grpc_load.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench/request_template.h"
#include "stator/v1/kv.grpc.pb.h"

namespace stator::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kRest = 100ms;
/// HTTP/2 shares one connection among calls; a handful of them lets the server spread the work.
constexpr int kChannelsPerTarget = 4;

/// The same moment on gRPC's clock.
gpr_timespec deadline_in(std::chrono::nanoseconds delay) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(delay.count(), GPR_TIMESPAN));
}

/// A place for one call in flight; its messages are used again for the next one.
struct Call {
  v1::KV::Stub* stub = nullptr;
  v1::PutRequest put;
  v1::PutReply put_reply;
  v1::GetRequest get;
  v1::GetReply get_reply;
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::PutReply>> put_reader;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::GetReply>> get_reader;
  grpc::Status status;
  Schedule::Ticket ticket;
  Instant rests_until{};
};

std::string_view code_text(grpc::StatusCode code) {
  constexpr std::string_view kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto number = static_cast<std::size_t>(code);
  return number < std::size(kNames) ? kNames[number] : "UNKNOWN";
}

class GrpcLoad final : public Load {
 public:
  explicit GrpcLoad(const LoadOptions& options);
  ~GrpcLoad() override;
  Status run(Schedule& schedule) override;

 private:
  void make_stubs(const LoadOptions& options);
  void wake_resting(Instant now);
  void start(Call& call, const Schedule::Ticket& ticket);
  void wait(Schedule& schedule, Instant now);
  void complete(Call& call, Schedule& schedule, bool ok);

  std::chrono::nanoseconds timeout_;
  std::vector<std::unique_ptr<v1::KV::Stub>> stubs_;
  std::deque<Call> calls_;  // a deque, since calls cannot be moved and are pointed to
  std::deque<Call*> idle_;
  std::deque<Call*> resting_;  // the first to wake first
  std::string value_;
  std::size_t busy_ = 0;
  std::uint64_t sent_ = 0;
  grpc::CompletionQueue queue_;
};

GrpcLoad::GrpcLoad(const LoadOptions& options)
    : timeout_(options.timeout), value_(incompressible(options.value_bytes)) {
  make_stubs(options);
  for (int i = 0; i < options.connections; ++i) {
    Call& call = calls_.emplace_back();
    call.stub = stubs_[static_cast<std::size_t>(i) % stubs_.size()].get();
    call.put.set_keyspace(options.keyspace);
    call.get.set_keyspace(options.keyspace);
    if (options.w) {
      call.put.set_w(static_cast<std::uint32_t>(*options.w));
    }
    if (options.r) {
      call.get.set_r(static_cast<std::uint32_t>(*options.r));
    }
    idle_.push_back(&call);
  }
}

GrpcLoad::~GrpcLoad() {
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

void GrpcLoad::make_stubs(const LoadOptions& options) {
  const auto targets = static_cast<int>(options.targets.size());
  const int wanted = (options.connections + targets - 1) / targets;
  for (int i = 0; i < std::min(kChannelsPerTarget, wanted); ++i) {
    for (const Endpoint& endpoint : options.targets) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // else equal channels share one connection
      arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);             // a failure is to be seen
      arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
      arguments.SetMaxReceiveMessageSize(-1);
      const auto channel =
          grpc::CreateCustomChannel(endpoint.authority(), grpc::InsecureChannelCredentials(), arguments);
      stubs_.push_back(v1::KV::NewStub(channel));
    }
  }
}

Status GrpcLoad::run(Schedule& schedule) {
  while (true) {
    const Instant now = now_is();
    wake_resting(now);
    while (!idle_.empty()) {
      const auto ticket = schedule.take(now);
      if (!ticket) {
        break;
      }
      Call& call = *idle_.front();
      idle_.pop_front();
      start(call, *ticket);
    }
    if (busy_ == 0 && schedule.over(now)) {
      return Status::ok();
    }
    wait(schedule, now);
  }
}

void GrpcLoad::wake_resting(Instant now) {
  while (!resting_.empty() && resting_.front()->rests_until <= now) {
    idle_.push_back(resting_.front());
    resting_.pop_front();
  }
}

void GrpcLoad::start(Call& call, const Schedule::Ticket& ticket) {
  char key[kKeyBytes];
  write_key(ticket.key, key);
  call.ticket = ticket;
  call.context.emplace();
  call.context->set_deadline(deadline_in(timeout_));
  ++busy_;
  if (ticket.read) {
    call.get.set_key(key, sizeof key);
    call.get_reader = call.stub->AsyncGet(&*call.context, call.get, &queue_);
    call.get_reader->Finish(&call.get_reply, &call.status, &call);
    return;
  }
  ++sent_;
  if (value_.size() >= sizeof sent_) {
    value_.replace(0, sizeof sent_, reinterpret_cast<const char*>(&sent_), sizeof sent_);
  }
  call.put.set_key(key, sizeof key);
  call.put.set_value(value_);
  call.put_reader = call.stub->AsyncPut(&*call.context, call.put, &queue_);
  call.put_reader->Finish(&call.put_reply, &call.status, &call);
}

void GrpcLoad::wait(Schedule& schedule, Instant now) {
  std::chrono::nanoseconds delay = kRest;
  if (const auto due = schedule.next_due(now); due && !idle_.empty()) {
    delay = std::clamp<std::chrono::nanoseconds>(*due - now, 0ns, kRest);
  }
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, deadline_in(delay)) == grpc::CompletionQueue::GOT_EVENT) {
    complete(*static_cast<Call*>(tag), schedule, ok);
  }
}

void GrpcLoad::complete(Call& call, Schedule& schedule, bool ok) {
  const Instant now = now_is();
  --busy_;
  if (ok && call.status.ok()) {
    const bool missing = call.ticket.read && !call.get_reply.found();
    schedule.finish(call.ticket, now, {missing ? OperationResult::Kind::missing : OperationResult::Kind::ok});
    idle_.push_back(&call);
    return;
  }
  schedule.finish(call.ticket, now, {OperationResult::Kind::failed, code_text(call.status.error_code())});
  call.rests_until = now + kRest;
  resting_.push_back(&call);
}

}  // namespace

std::unique_ptr<Load> make_grpc_load(const LoadOptions& options) { return std::make_unique<GrpcLoad>(options); }

}  // namespace stator::cli
