#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "stator/plugin.h"
#include "stator/transport.h"

namespace {

using namespace stator;
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kLongestLine = 5000;

/// One client, who sends a key and a newline and gets the value and a newline; the newline alone if there is none.
/// Lives for as long as it waits for something.
class Conversation final : public std::enable_shared_from_this<Conversation> {
 public:
  Conversation(tcp::socket socket, Clients& clients, std::string keyspace)
      : socket_(std::move(socket)), clients_(clients), keyspace_(std::move(keyspace)) {}

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(received_, kLongestLine), '\n',
                           [self = shared_from_this()](error_code failed, std::size_t size) {
                             if (!failed) self->ask(size);
                           });
  }
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void ask(std::size_t size) {
    GetRequest request;
    request.head.keyspace = keyspace_;
    request.head.key = received_.substr(0, size - 1);
    received_.erase(0, size);
    clients_.get(std::move(request),
                 [self = shared_from_this()](Outcome<GetResult> outcome) { self->write(shown(outcome)); });
  }
  static std::string shown(Outcome<GetResult>& outcome) {
    if (!outcome.is_ok()) return "! " + outcome.failure().status.text();
    if (!outcome->found) return "";
    const Resolution& resolved = outcome->resolved;
    return resolved.winner ? outcome->siblings[*resolved.winner].value : resolved.value;
  }
  void write(std::string answer) {
    answer_ = std::move(answer) + '\n';
    asio::async_write(socket_, asio::buffer(answer_), [self = shared_from_this()](error_code failed, std::size_t) {
      if (!failed) self->read();
    });
  }

  tcp::socket socket_;
  Clients& clients_;
  const std::string keyspace_;
  std::string received_;
  std::string answer_;
};

/// Listens, and knows who is talking. On the first loop alone.
class Door final : public std::enable_shared_from_this<Door> {
 public:
  Door(asio::io_context& loop, Clients& clients, std::string keyspace)
      : acceptor_(loop), clients_(clients), keyspace_(std::move(keyspace)) {}

  Status open(const std::string& listen) {
    const std::size_t colon = listen.rfind(':');
    error_code failed;
    const auto found =
        tcp::resolver(acceptor_.get_executor()).resolve(listen.substr(0, colon), listen.substr(colon + 1), failed);
    if (!failed) acceptor_.open(found.begin()->endpoint().protocol(), failed);
    if (!failed) acceptor_.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed) acceptor_.bind(*found.begin(), failed);
    if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
    return failed ? Status(Code::unavailable, "cannot listen on " + listen + ": " + failed.message()) : Status::ok();
  }
  std::string address() const {
    error_code ignored;
    const auto bound = acceptor_.local_endpoint(ignored);
    return bound.address().to_string() + ":" + std::to_string(bound.port());
  }
  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code failed, tcp::socket socket) {
      if (failed || !self->acceptor_.is_open()) return;
      std::erase_if(self->conversations_, [](const auto& each) { return each.expired(); });
      const auto made = std::make_shared<Conversation>(std::move(socket), self->clients_, self->keyspace_);
      self->conversations_.push_back(made);
      made->read();
      self->accept();
    });
  }
  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    for (const auto& each : conversations_) {
      if (const auto alive = each.lock()) alive->close();
    }
  }

 private:
  tcp::acceptor acceptor_;
  Clients& clients_;
  const std::string keyspace_;
  std::vector<std::weak_ptr<Conversation>> conversations_;
};

/// Brings requests in over TCP. It has no thread of its own: the kernel's loops are lent to it.
class ScaffoldTransport final : public Transport {
 public:
  // Law of plugins: no thread, socket or file before start().
  static std::unique_ptr<Transport> create(Host& host, const Config& config, Status& why) {
    if (auto* loops = extension<Loops>(host))
      return std::make_unique<ScaffoldTransport>(*loops, config.text("keyspace"));
    why = Status(Code::unimplemented, "it needs the host's event loops");
    return nullptr;
  }
  ScaffoldTransport(Loops& loops, std::string keyspace) : loops_(loops), keyspace_(std::move(keyspace)) {}
  ~ScaffoldTransport() override { stop(); }

  Status start(const std::string& listen, Clients* clients, Peers* /*peers*/) override {
    if (clients == nullptr) return Status::ok();
    auto door = std::make_shared<Door>(loops_.context(0), *clients, keyspace_);
    if (Status opened = door->open(listen); !opened.is_ok()) return opened;
    address_ = door->address();
    door_ = door;
    loops_.post(0, [door] { door->accept(); });
    return Status::ok();
  }
  std::string address() const override { return address_; }

  // Only carriers between nodes, those with the capability "peers", are called. Law: `done` never inside the call.
  void call(const std::string& /*address*/, Frame /*request*/, TimePoint /*deadline*/, Done done) override {
    loops_.post(0, [done = std::move(done)]() mutable { done(Status(Code::unimplemented, "it carries no frames")); });
  }

  // Law: when it returns, everything is closed. It may be called twice.
  void stop() override {
    if (door_ == nullptr) return;
    const auto closed = std::make_shared<std::promise<void>>();
    loops_.post(0, [door = std::move(door_), closed] {
      door->close();
      closed->set_value();
    });
    closed->get_future().wait();
  }

 private:
  Loops& loops_;
  const std::string keyspace_;
  std::string address_;
  std::shared_ptr<Door> door_;
};

constexpr stator_option kOptions[] = {{"keyspace", "string", "default", "the keyspace that clients read"}, {}};

}  // namespace

STATOR_PLUGIN(stator::Transport, ScaffoldTransport, .name = "scaffold", .version = "1.0.0", .capabilities = "clients",
              .options = kOptions);
