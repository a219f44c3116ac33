#include <unistd.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "stator/plugin.h"
#include "stator/transport.h"

namespace {

using namespace stator;
namespace asio = boost::asio;
using asio::local::stream_protocol;
using boost::system::error_code;

// What is said on the socket, a line for a line; keys have no space, values no line end:
//
//   request = "GET " key | "PUT " key " " value | "DELETE " key
//   answer  = "VALUE " value | "NONE" | "OK" | "ERROR " text

struct Node {
  Clients& clients;
  std::string keyspace;
};

/// One client. Lives for as long as it waits for a line, for an answer of the node or for its being sent.
class Conversation final : public std::enable_shared_from_this<Conversation> {
 public:
  Conversation(stream_protocol::socket socket, const Node& node) : socket_(std::move(socket)), node_(node) {}

  void read() {
    const std::size_t most = 5000 + node_.clients.max_value_bytes();
    asio::async_read_until(socket_, asio::dynamic_buffer(received_, most), '\n',
                           [self = shared_from_this()](error_code failed, std::size_t size) {
                             if (failed) return;
                             const std::string line = self->received_.substr(0, size - 1);
                             self->received_.erase(0, size);
                             self->carry_out(line);
                           });
  }
  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void carry_out(const std::string& line) {
    const auto [verb, rest] = split(line);
    if (verb == "GET" && !rest.empty()) return get(rest);
    PutRequest request;
    request.remove = verb == "DELETE";
    const auto [key, value] = request.remove ? std::pair(rest, Bytes()) : split(rest);
    const bool whole = request.remove || (verb == "PUT" && rest.size() > key.size());
    if (!whole || key.empty()) return answer("ERROR it is GET key, PUT key value or DELETE key");
    request.head = head(key);
    request.value = value;
    request.content_type = "text/plain";
    put(std::move(request));
  }
  /// What is before the first space, and what is behind it.
  static std::pair<std::string, std::string> split(const std::string& text) {
    const std::size_t space = std::min(text.find(' '), text.size());
    return {text.substr(0, space), text.substr(std::min(space + 1, text.size()))};
  }
  void get(const std::string& key) {
    node_.clients.get(GetRequest{head(key)}, [self = shared_from_this()](Outcome<GetResult> outcome) {
      if (!outcome.is_ok()) return self->answer("ERROR " + outcome.failure().status.text());
      if (!outcome->found) return self->answer("NONE");
      const Resolution& shown = outcome->resolved;
      const Bytes& value = shown.winner ? outcome->siblings[*shown.winner].value : shown.value;
      self->answer(value.find('\n') == Bytes::npos ? "VALUE " + value : "ERROR the value is no line");
    });
  }
  void put(PutRequest request) {
    node_.clients.put(std::move(request), [self = shared_from_this()](Outcome<PutResult> outcome) {
      self->answer(outcome.is_ok() ? "OK" : "ERROR " + outcome.failure().status.text());
    });
  }
  RequestHead head(const std::string& key) const {
    RequestHead head;
    head.keyspace = node_.keyspace;
    head.key = key;
    return head;
  }
  void answer(std::string line) {
    answer_ = std::move(line) + '\n';
    asio::async_write(socket_, asio::buffer(answer_), [self = shared_from_this()](error_code failed, std::size_t) {
      if (!failed) self->read();
    });
  }

  stream_protocol::socket socket_;
  const Node node_;
  std::string received_;
  std::string answer_;
};

/// The socket that clients find in the file system, and those who have come. On the first loop alone.
class Door final : public std::enable_shared_from_this<Door> {
 public:
  Door(asio::io_context& loop, Node node) : acceptor_(loop), node_(std::move(node)) {}

  Status open(const std::string& path) {
    const stream_protocol::endpoint endpoint(path);
    error_code failed;
    stream_protocol::socket(acceptor_.get_executor()).connect(endpoint, failed);
    if (!failed) return {Code::unavailable, path + " belongs to another process"};
    ::unlink(path.c_str());  // left by one that was killed
    failed.clear();
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return {Code::unavailable, path + ": " + failed.message()};
    path_ = path;
    return Status::ok();
  }
  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code failed, stream_protocol::socket socket) {
      if (failed || !self->acceptor_.is_open()) return;
      std::erase_if(self->conversations_, [](const auto& each) { return each.expired(); });
      const auto made = std::make_shared<Conversation>(std::move(socket), self->node_);
      self->conversations_.push_back(made);
      made->read();
      self->accept();
    });
  }
  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    ::unlink(path_.c_str());
    for (const auto& each : conversations_) {
      if (const auto alive = each.lock()) alive->close();
    }
  }

 private:
  stream_protocol::acceptor acceptor_;
  const Node node_;
  std::string path_;
  std::vector<std::weak_ptr<Conversation>> conversations_;
};

/// Clients come through a Unix socket, <directory>/<port>.sock: configurations name addresses as host and port, and of
/// these the port tells the nodes of one machine apart.
class Line final : public Transport {
 public:
  static std::unique_ptr<Transport> create(Host& host, const Config& config, Status& why) {
    if (auto* loops = extension<Loops>(host)) return std::make_unique<Line>(*loops, config);
    why = Status(Code::unimplemented, "it needs the host's event loops");
    return nullptr;
  }
  Line(Loops& loops, const Config& config)
      : loops_(loops), directory_(config.text("directory")), keyspace_(config.text("keyspace")) {}
  ~Line() override { stop(); }

  Status start(const std::string& listen, Clients* clients, Peers* /*peers*/) override {
    if (clients == nullptr) return Status::ok();
    auto door = std::make_shared<Door>(loops_.context(0), Node{*clients, keyspace_});
    const std::string path = directory_ + "/" + listen.substr(listen.rfind(':') + 1) + ".sock";
    if (Status opened = door->open(path); !opened.is_ok()) return opened;
    address_ = listen;
    door_ = door;
    loops_.post(0, [door] { door->accept(); });
    return Status::ok();
  }
  std::string address() const override { return address_; }
  void call(const std::string& /*address*/, Frame /*request*/, TimePoint /*deadline*/, Done done) override {
    loops_.post(0, [done = std::move(done)]() mutable { done(Status(Code::unimplemented, "it carries no frames")); });
  }
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
  const std::string directory_;
  const std::string keyspace_;
  std::string address_;
  std::shared_ptr<Door> door_;
};

constexpr stator_option kOptions[] = {{"directory", "string", ".", "where the socket PORT.sock is made"},
                                      {"keyspace", "string", "default", "the keyspace that clients reach"},
                                      {}};

}  // namespace

STATOR_PLUGIN(stator::Transport, Line, .name = "line", .version = "1.0.0", .capabilities = "clients",
              .options = kOptions);
