#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <cstdlib>
#include <latch>
#include <memory>
#include <mutex>
#include <vector>

#include "dialer.h"
#include "listen_address.h"
#include "service.h"
#include "stator/plugin.h"
#include "stator/transport.h"
#include "statuses.h"

namespace stator::grpc_transport {
namespace {

constexpr stator_option kOptions[] = {
    {"max_message_bytes", "bytes", "64MiB", "largest message taken, from clients and between nodes"},
    {"max_in_flight", "int", "4096", "requests at once: of each kind from clients, and to each peer from each loop"},
    {"threads", "int", "0", "threads that poll gRPC; 0: one for two loops"},
    {nullptr, nullptr, nullptr, nullptr},
};

// How long a stop lets answers that were already given reach their clients.
constexpr auto kFarewell = std::chrono::seconds(1);

/// gRPC's own log lines are not those of the node, and all that matters in them comes back as a status.
void quiet_grpc() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) {
    gpr_set_log_verbosity(static_cast<gpr_log_severity>(GPR_LOG_SEVERITY_ERROR + 10));  // what gRPC calls NONE
  }
}

/// gRPC as a transport: stator.v1.KV and Admin for clients; Replica for tools and Carrier for nodes; health and
/// reflection.
class Grpc final : public Transport {
 public:
  Grpc(Host& host, const Config& config)
      : host_(host),
        max_message_bytes_(config.bytes("max_message_bytes")),
        max_in_flight_(static_cast<std::size_t>(config.integer("max_in_flight"))),
        threads_(static_cast<int>(config.integer("threads"))) {}
  static std::unique_ptr<Transport> create(Host& host, const Config& config, Status& why);
  ~Grpc() override { stop(); }

  Status start(const std::string& listen, Clients* clients, Peers* peers) override;
  std::string address() const override { return address_; }
  void call(const std::string& address, Frame request, TimePoint deadline, Done done) override;
  void stop() override;

 private:
  using Queues = std::vector<std::unique_ptr<grpc::CompletionQueue>>;

  int poller_count() const;
  Status listen(const std::string& where, Queues& queues);
  void add_services(grpc::ServerBuilder& builder);
  void run(Queues queues);
  void end_all_on_loops();

  Host& host_;
  const std::uint64_t max_message_bytes_;
  const std::size_t max_in_flight_;
  const int threads_;

  std::unique_ptr<Wiring> wiring_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<std::unique_ptr<Poller>> pollers_;
  std::vector<std::unique_ptr<Dialer>> dialers_;  // by loop
  std::mutex stopping_;
};

std::unique_ptr<Transport> Grpc::create(Host& host, const Config& config, Status& why) {
  constexpr std::uint64_t kSmallest = 1 << 16;
  constexpr std::uint64_t kLargest = 1 << 30;  // gRPC counts in int, and a batch may be a frame larger
  if (std::uint64_t bytes = config.bytes("max_message_bytes"); bytes < kSmallest || bytes > kLargest) {
    why = Status(Code::invalid_argument, "max_message_bytes is not between 64KiB and 1GiB");
  } else if (config.integer("max_in_flight") < 1) {
    why = Status(Code::invalid_argument, "max_in_flight is less than 1");
  } else if (config.integer("threads") < 0 || config.integer("threads") > 256) {
    why = Status(Code::invalid_argument, "threads is not between 0 and 256");
  } else {
    return std::make_unique<Grpc>(host, config);
  }
  return nullptr;
}

Status Grpc::start(const std::string& where, Clients* clients, Peers* peers) {
  auto* loops = extension<Loops>(host_);
  if (loops == nullptr) return {Code::failed_precondition, "the grpc transport needs a host with loops"};
  quiet_grpc();
  wiring_ = std::make_unique<Wiring>(host_, *loops, clients, peers, max_in_flight_);
  Queues queues;
  if (where.empty()) {
    for (int at = 0; at < poller_count(); ++at) queues.push_back(std::make_unique<grpc::CompletionQueue>());
  } else if (Status bound = listen(where, queues); !bound.is_ok()) {
    services_.clear();
    wiring_.reset();
    return bound;
  }
  run(std::move(queues));
  return {};
}

int Grpc::poller_count() const { return threads_ > 0 ? threads_ : std::max(1, wiring_->loops.count() / 2); }

Status Grpc::listen(const std::string& where, Queues& queues) {
  auto wanted = parse_listen_address(where);
  if (!wanted.is_ok()) return wanted.status();
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(static_cast<int>(max_message_bytes_));
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a port in use is an error, not half of the traffic
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_DEADLINE_CHECKS, 0);  // a timer for each call; deadlines are the kernel's
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  for (int at = 0; at < poller_count(); ++at) queues.push_back(builder.AddCompletionQueue());
  add_services(builder);
  int port = 0;
  builder.AddListeningPort(wanted->text(), grpc::InsecureServerCredentials(), &port);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    server_.reset();
    for (auto& queue : queues) Poller(std::move(queue), wiring_->loops).stop();
    return {Code::unavailable, "cannot listen on " + where + ": " + why_not_bound(*wanted)};
  }
  address_ = wanted->host + ":" + std::to_string(port);
  return {};
}

void Grpc::add_services(grpc::ServerBuilder& builder) {
  std::vector<std::string> names;
  if (wiring_->clients != nullptr) {
    services_.push_back(add_kv(builder));
    services_.push_back(add_admin(builder));
    names.insert(names.end(), {"stator.v1.KV", "stator.v1.Admin"});
  }
  if (wiring_->peers != nullptr) {
    services_.push_back(add_replica(builder));
    services_.push_back(add_carrier(builder));
    names.insert(names.end(), {"stator.v1.Replica", "stator.v1.Carrier"});
  }
  services_.push_back(add_health(builder, names));
}

void Grpc::run(Queues queues) {
  for (auto& queue : queues) pollers_.push_back(std::make_unique<Poller>(std::move(queue), wiring_->loops));
  for (int loop = 0; loop < wiring_->loops.count(); ++loop) {
    Poller& poller = *pollers_[static_cast<std::size_t>(loop) % pollers_.size()];
    dialers_.push_back(
        std::make_unique<Dialer>(*wiring_, poller, loop, LinkLimits{max_in_flight_, max_message_bytes_}));
  }
  for (auto& service : services_) service->arm(*wiring_, pollers_);
  for (auto& poller : pollers_) poller->start();
}

void Grpc::call(const std::string& address, Frame request, TimePoint deadline, Done done) {
  if (dialers_.empty() || wiring_->peers == nullptr) {
    return fail_later(host_, std::move(done), {Code::unavailable, "this transport carries no frames"});
  }
  int loop = wiring_->loops.current();
  if (loop < 0) return fail_later(host_, std::move(done), {Code::internal, "call() from outside the loops"});
  dialers_[static_cast<std::size_t>(loop)]->call(address, std::move(request), deadline, std::move(done));
}

void Grpc::stop() {
  std::lock_guard lock(stopping_);
  if (pollers_.empty()) return;
  end_all_on_loops();
  if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now() + kFarewell);
  wiring_->live.wait_none();
  for (auto& poller : pollers_) poller->stop();
  server_.reset();
  services_.clear();
  pollers_.clear();
}

void Grpc::end_all_on_loops() {
  std::latch ended(wiring_->loops.count());
  for (int loop = 0; loop < wiring_->loops.count(); ++loop) {
    wiring_->loops.post(loop, [this, loop, &ended] {
      LoopShare& share = wiring_->share(loop);
      share.stopping = true;
      while (!share.endable.empty()) {
        Endable& next = share.endable.front();
        share.endable.pop_front();
        next.end();
      }
      ended.count_down();
    });
  }
  ended.wait();
}

}  // namespace
}  // namespace stator::grpc_transport

STATOR_PLUGIN(stator::Transport, stator::grpc_transport::Grpc, .name = "grpc", .version = "1.0.0",
              .capabilities = "clients,peers", .options = stator::grpc_transport::kOptions);
