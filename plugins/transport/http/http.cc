#include <chrono>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "acceptor.h"
#include "server_limits.h"
#include "server_loop.h"
#include "stator/plugin.h"
#include "stator/transport.h"

namespace stator::http {
namespace {

using namespace std::chrono_literals;

/// How long stop() lets requests finish, and how long it then waits for the loops to close what is left.
constexpr Duration kDrain = 2s;
constexpr Duration kClose = 5s;

constexpr stator_option kOptions[] = {
    {"max_connections", "int", "10000", "connections at once; more are answered with 503 and closed"},
    {"idle_timeout", "duration", "60s",
     "a connection without a request, or whose client does not read, is closed after this"},
    {"header_timeout", "duration", "10s", "longest time for a request's head to arrive"},
    {"body_timeout", "duration", "60s", "longest time for a body, plus a second per 64 KiB"},
    {"max_header_bytes", "bytes", "16KiB", "largest request head; 431 past it"},
    {"max_pipeline", "int", "64", "requests of one connection that are worked on at once"},
    {nullptr, nullptr, nullptr, nullptr},
};

/// The HTTP/1.1 server. Its sockets live on the kernel's loops; it has no threads of its own.
class Http final : public Transport {
 public:
  static std::unique_ptr<Http> create(Host& host, const Config& config, Status& why);
  Http(Host& host, const Limits& limits) : host_(host), limits_(limits) {}
  ~Http() override { stop(); }

  Status start(const std::string& listen, Clients* clients, Peers* peers) override;
  std::string address() const override;
  void call(const std::string& address, Frame request, TimePoint deadline, Done done) override;
  void stop() override;

 private:
  void drain(const std::shared_ptr<Departures>& departures);

  Host& host_;
  const Limits limits_;
  mutable std::mutex mutex_;  ///< start, stop and address may come from different threads
  Loops* loops_ = nullptr;
  std::vector<std::shared_ptr<ServerLoop>> shares_;
  std::shared_ptr<Acceptor> acceptor_;
};

std::unique_ptr<Http> Http::create(Host& host, const Config& config, Status& why) {
  const Limits limits{.max_connections = config.integer("max_connections"),
                      .max_header_bytes = static_cast<std::size_t>(config.bytes("max_header_bytes")),
                      .max_pipeline = static_cast<std::size_t>(config.integer("max_pipeline")),
                      .idle_timeout = config.duration("idle_timeout"),
                      .header_timeout = config.duration("header_timeout"),
                      .body_timeout = config.duration("body_timeout")};
  if (config.integer("max_connections") < 1 || config.integer("max_pipeline") < 1) {
    why = Status(Code::invalid_argument, "max_connections and max_pipeline must be at least 1");
    return nullptr;
  }
  if (limits.max_header_bytes < 1024 || limits.max_header_bytes > (1 << 20)) {
    why = Status(Code::invalid_argument, "max_header_bytes must be 1KiB to 1MiB");
    return nullptr;
  }
  if (std::min({limits.idle_timeout, limits.header_timeout, limits.body_timeout}) <= Duration::zero()) {
    why = Status(Code::invalid_argument, "idle_timeout, header_timeout and body_timeout must be above zero");
    return nullptr;
  }
  return std::make_unique<Http>(host, limits);
}

Status Http::start(const std::string& listen, Clients* clients, Peers* /*peers*/) {
  const std::lock_guard lock(mutex_);
  if (acceptor_) return {Code::failed_precondition, "transport http was started before"};
  if (clients == nullptr) return {Code::invalid_argument, "transport http only serves clients"};
  loops_ = extension<Loops>(host_);
  if (loops_ == nullptr) return {Code::unimplemented, "transport http needs the host's event loops"};
  for (int loop = 0; loop < loops_->count(); ++loop) {
    shares_.push_back(std::make_shared<ServerLoop>(host_, *clients, loops_->context(loop), limits_));
  }
  acceptor_ = std::make_shared<Acceptor>(host_, *loops_, shares_, limits_.max_connections);
  Status status = acceptor_->listen(listen);
  if (!status.is_ok()) {
    acceptor_.reset();
    shares_.clear();
  }
  return status;
}

std::string Http::address() const {
  const std::lock_guard lock(mutex_);
  return acceptor_ ? acceptor_->address() : "";
}

void Http::call(const std::string& /*address*/, Frame /*request*/, TimePoint /*deadline*/, Done done) {
  host_.post([done = std::move(done)]() mutable {
    done(Status(Code::unimplemented, "transport http carries no frames between nodes"));
  });
}

void Http::drain(const std::shared_ptr<Departures>& departures) {
  for (std::size_t i = 0; i < shares_.size(); ++i) {
    loops_->post(static_cast<int>(i), [share = shares_[i], acceptor = i == 0 ? acceptor_ : nullptr, departures] {
      if (acceptor) acceptor->close();
      share->drain(departures);
    });
  }
}

void Http::stop() {
  const std::lock_guard lock(mutex_);
  if (shares_.empty()) return;
  const auto departures = std::make_shared<Departures>(static_cast<int>(shares_.size()));
  drain(departures);
  if (!departures->wait(kDrain)) {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      loops_->post(static_cast<int>(i), [share = shares_[i]] { share->give_up(); });
    }
    if (!departures->wait(kClose))
      host_.log(LogLevel::error, "http " + acceptor_->address() + ": a loop does not respond");
  }
  shares_.clear();
}

}  // namespace
}  // namespace stator::http

STATOR_PLUGIN(stator::Transport, stator::http::Http, .name = "http", .version = "1.0.0", .capabilities = "clients",
              .options = stator::http::kOptions);
