#include "tcp.h"

#include <utility>

#include "acceptor.h"
#include "lane.h"
#include "stator/plugin.h"

namespace stator::tcp {

Options Options::of(const Config& config) {
  return {.max_in_flight = static_cast<std::uint64_t>(config.integer("max_in_flight")),
          .max_queued_bytes = config.bytes("max_queued_bytes"),
          .connect_timeout = config.duration("connect_timeout"),
          .peer_silence = config.duration("peer_silence")};
}

std::unique_ptr<Transport> Tcp::create(Host& host, const Config& config, Status& why) {
  auto* loops = extension<Loops>(host);
  if (loops == nullptr) {
    why = Status(Code::unimplemented, "tcp needs the host's event loops");
    return nullptr;
  }
  return std::make_unique<Tcp>(host, *loops, Options::of(config));
}

Tcp::Tcp(Host& host, Loops& loops, const Options& options) : host_(host), loops_(loops), options_(options) {}

Tcp::~Tcp() { stop(); }

Status Tcp::start(const std::string& listen, Clients*, Peers* peers) {
  if (peers == nullptr) return {};
  auto gone = std::make_shared<std::promise<void>>();
  std::shared_ptr<void> alive(gone.get(), [gone](void*) { gone->set_value(); });
  const Surroundings around{host_, loops_, *peers, opened_, options_};
  std::vector<std::shared_ptr<Lane>> lanes;
  lanes.reserve(static_cast<std::size_t>(loops_.count()));
  for (int i = 0; i < loops_.count(); ++i) lanes.push_back(std::make_shared<Lane>(around, i, alive));
  if (!listen.empty()) {
    auto acceptor = std::make_shared<Acceptor>(around, lanes, alive);
    if (Status failed = acceptor->listen(listen); !failed.is_ok()) return failed;
    address_ = acceptor->address();
    acceptor_ = std::move(acceptor);
    loops_.post(0, [acceptor = acceptor_] { acceptor->start(); });
  }
  lanes_ = std::move(lanes);
  all_gone_ = gone->get_future();
  alive_ = std::move(alive);
  return {};
}

void Tcp::call(const std::string& address, Frame request, TimePoint deadline, Done done) {
  const int loop = loops_.current();
  Lane* lane = loop < 0 || lanes_.empty() ? nullptr : lanes_[static_cast<std::size_t>(loop)].get();
  if (lane != nullptr) return lane->call(address, std::move(request), deadline, std::move(done));
  host_.post(
      [done = std::move(done)]() mutable { done(Status(Code::unavailable, "the transport tcp is not running")); });
}

void Tcp::stop() {
  if (alive_ == nullptr) return;
  if (acceptor_ != nullptr) {
    loops_.post(0, [acceptor = std::move(acceptor_)] { acceptor->stop(); });
  }
  for (int i = 0; i < loops_.count(); ++i) {
    loops_.post(i, [this, i] {
      std::shared_ptr<Lane> lane = std::move(lanes_[static_cast<std::size_t>(i)]);
      lane->stop();
    });
  }
  alive_.reset();
  all_gone_.wait();
}

namespace {

constexpr stator_option kOptions[] = {
    {"max_in_flight", "int", "65536", "calls to one peer from one loop that may wait for an answer"},
    {"max_queued_bytes", "bytes", "64MiB", "bytes on one connection that may wait to be sent"},
    {"connect_timeout", "duration", "2s", "how long a peer may take to accept a connection and say hello"},
    {"peer_silence", "duration", "5s",
     "how long a peer that owes answers may say nothing before its connection is closed"},
    {}};

}  // namespace
}  // namespace stator::tcp

STATOR_PLUGIN(stator::Transport, stator::tcp::Tcp, .name = "tcp", .version = "1.0.0", .capabilities = "peers",
              .options = stator::tcp::kOptions);
