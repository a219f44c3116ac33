#include "tests/cluster/link_proxy.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <future>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

namespace stator::cluster {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kPiece = 16 << 10;
constexpr std::size_t kHeldBack = 256 << 10;
constexpr std::chrono::milliseconds kResend{200};
constexpr int kMostLosses = 5;

class Connection;

struct Link {
  LinkState state;
  std::uint64_t carried = 0;
};

/// What the parts on the proxy's thread share.
struct Network {
  explicit Network(std::uint64_t seed) : random(seed) {}
  Link& link(std::size_t from, std::size_t to) { return links[from * nodes + to]; }
  double chance() { return std::uniform_real_distribution<>(0, 1)(random); }

  asio::io_context io{1};
  std::mt19937_64 random;
  std::size_t nodes = 0;
  std::vector<Link> links;
  std::vector<std::uint16_t> targets;
  // shared: a connection lives as long as its handlers
  std::set<std::shared_ptr<Connection>> connections;
};

/// One direction of one connection: read, held as long as the link says, written.
class Flow {
 public:
  Flow(Network& network, Connection& connection, Link& link, Tcp::socket& source, Tcp::socket& sink)
      : network_(network),
        connection_(connection),
        link_(link),
        source_(source),
        sink_(sink),
        timer_(network.io),
        buffer_(kPiece) {}

  void read();
  /// Writes what is due.
  void pump();
  /// The other end will send no more; that is told behind all that it has sent.
  void end();
  bool ended() const { return ended_; }
  void cancel() { timer_.cancel(); }

 private:
  struct Piece {
    std::string bytes;  ///< empty: the end
    Clock::time_point due;
  };
  void push(std::string bytes);
  Clock::duration time_on_the_way();
  void write();
  void written(error_code failed, std::size_t size);

  Network& network_;
  Connection& connection_;
  Link& link_;
  Tcp::socket& source_;
  Tcp::socket& sink_;
  asio::steady_timer timer_;
  std::vector<char> buffer_;
  std::deque<Piece> pieces_;
  std::size_t held_ = 0;
  Clock::time_point last_due_{};
  bool reading_ = false;
  bool writing_ = false;
  bool ending_ = false;
  bool ended_ = false;
};

/// A connection that `from` has dialled to `to`.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Network& network, Tcp::socket accepted, std::size_t from, std::size_t to)
      : network_(network),
        from_(from),
        to_(to),
        near_(std::move(accepted)),
        far_(network.io),
        there_(network, *this, network.link(from, to), near_, far_),
        back_(network, *this, network.link(to, from), far_, near_) {}

  /// Goes on with whatever the links now allow.
  void wake() {
    if (!dialled_) return dial();
    if (!connected_) return;
    there_.pump();
    back_.pump();
  }
  bool joins(std::size_t from, std::size_t to) const { return from_ == from && to_ == to; }
  void reset() {
    error_code ignored;
    for (Tcp::socket* socket : {&near_, &far_}) socket->set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }
  /// The writer of `flow` found its reader gone.
  void broken(const Flow& flow) { (&flow == &there_ ? back_ : there_).end(); }
  void ended() {
    if (there_.ended() && back_.ended()) close();
  }

 private:
  void close() {
    there_.cancel();
    back_.cancel();
    error_code ignored;
    near_.close(ignored);
    far_.close(ignored);
    network_.connections.erase(shared_from_this());
  }
  void dial() {
    if (network_.link(from_, to_).state.cut || network_.link(to_, from_).state.cut) return;
    dialled_ = true;
    const Tcp::endpoint target(asio::ip::address_v4::loopback(), network_.targets[to_]);
    far_.async_connect(target, [this, self = shared_from_this()](error_code failed) {
      if (failed) return reset();
      connected_ = true;
      error_code ignored;
      for (Tcp::socket* socket : {&near_, &far_}) socket->set_option(Tcp::no_delay(true), ignored);
      there_.read();
      back_.read();
    });
  }

  Network& network_;
  const std::size_t from_;
  const std::size_t to_;
  Tcp::socket near_;
  Tcp::socket far_;
  Flow there_;
  Flow back_;
  bool dialled_ = false;
  bool connected_ = false;
};

void Flow::read() {
  if (reading_ || ending_ || held_ >= kHeldBack) return;
  reading_ = true;
  source_.async_read_some(asio::buffer(buffer_),
                          [this, self = connection_.shared_from_this()](error_code failed, std::size_t size) {
                            reading_ = false;
                            if (failed == asio::error::operation_aborted) return;
                            if (failed) return end();
                            push(std::string(buffer_.data(), size));
                            read();
                          });
}

void Flow::end() {
  if (std::exchange(ending_, true)) return;
  push({});
}

void Flow::push(std::string bytes) {
  last_due_ = std::max(last_due_, Clock::now() + time_on_the_way());
  held_ += bytes.size();
  pieces_.push_back({std::move(bytes), last_due_});
  pump();
}

Clock::duration Flow::time_on_the_way() {
  const LinkState& state = link_.state;
  Clock::duration time = state.delay;
  time += std::chrono::duration_cast<Clock::duration>(state.jitter * network_.chance());
  Clock::duration resend = kResend;
  int losses = 0;
  while (state.loss > 0 && network_.chance() < state.loss) {
    time += resend;
    resend *= 2;
    if (++losses < kMostLosses) continue;
    asio::post(network_.io, [self = connection_.shared_from_this()] { self->reset(); });
    break;
  }
  return time;
}

void Flow::pump() {
  if (writing_ || ended_ || pieces_.empty() || link_.state.cut) return;
  if (pieces_.front().due > Clock::now()) {
    timer_.expires_at(pieces_.front().due);
    timer_.async_wait([this, self = connection_.shared_from_this()](error_code failed) {
      if (!failed) pump();
    });
    return;
  }
  write();
}

void Flow::write() {
  const std::string& bytes = pieces_.front().bytes;
  if (bytes.empty()) {
    error_code ignored;
    sink_.shutdown(Tcp::socket::shutdown_send, ignored);
    ended_ = true;
    return connection_.ended();
  }
  writing_ = true;
  asio::async_write(sink_, asio::buffer(bytes),
                    [this, self = connection_.shared_from_this()](error_code failed, std::size_t size) {
                      writing_ = false;
                      if (failed != asio::error::operation_aborted) written(failed, size);
                    });
}

void Flow::written(error_code failed, std::size_t size) {
  if (failed) {
    ended_ = true;
    connection_.broken(*this);
    return connection_.ended();
  }
  link_.carried += size;
  held_ -= size;
  pieces_.pop_front();
  read();
  pump();
}

}  // namespace

class LinkProxy::World {
 public:
  World(std::size_t nodes, std::uint64_t seed) : network_(seed) {
    network_.nodes = nodes;
    network_.links.resize(nodes * nodes);
    network_.targets.resize(nodes);
    for (std::size_t link = 0; link < nodes * nodes; ++link) {
      acceptors_.emplace_back(network_.io, Tcp::endpoint(asio::ip::address_v4::loopback(), 0));
      accept(link);
    }
    thread_ = std::thread([this] { network_.io.run(); });
  }
  ~World() {
    network_.io.stop();
    thread_.join();
    network_.connections.clear();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::uint16_t port(std::size_t from, std::size_t to) const {
    return acceptors_[from * network_.nodes + to].local_endpoint().port();
  }
  std::size_t nodes() const { return network_.nodes; }

  /// Does this on the proxy's thread and waits until it is done.
  template <typename F>
  auto on_thread(F task) {
    using Packaged = std::packaged_task<std::invoke_result_t<F, Network&>()>;
    // shared: the proxy's thread may still be leaving it when the answer is here
    auto packaged = std::make_shared<Packaged>([&] { return task(network_); });
    auto done = packaged->get_future();
    asio::post(network_.io, [packaged] { (*packaged)(); });
    return done.get();
  }
  static void wake(Network& network) {
    const auto connections = network.connections;  // some end in it
    for (const auto& connection : connections) connection->wake();
  }

 private:
  void accept(std::size_t link) {
    acceptors_[link].async_accept([this, link](error_code failed, Tcp::socket socket) {
      if (failed == asio::error::operation_aborted) return;
      if (!failed) {
        const std::size_t nodes = network_.nodes;
        auto connection = std::make_shared<Connection>(network_, std::move(socket), link / nodes, link % nodes);
        network_.connections.insert(connection);
        connection->wake();
      }
      accept(link);
    });
  }

  Network network_;
  std::vector<Tcp::acceptor> acceptors_;
  std::thread thread_;
};

LinkProxy::LinkProxy(std::size_t nodes, std::uint64_t seed) : world_(std::make_unique<World>(nodes, seed)) {}
LinkProxy::~LinkProxy() = default;

std::size_t LinkProxy::size() const { return world_->nodes(); }

std::string LinkProxy::address(std::size_t from, std::size_t to) const {
  return "127.0.0.1:" + std::to_string(world_->port(from, to));
}

void LinkProxy::set_target(std::size_t node, std::uint16_t port) {
  world_->on_thread([=](Network& network) { network.targets[node] = port; });
}

void LinkProxy::set(std::size_t from, std::size_t to, LinkState state) {
  world_->on_thread([=](Network& network) {
    network.link(from, to).state = state;
    World::wake(network);
  });
}

LinkState LinkProxy::state(std::size_t from, std::size_t to) const {
  return world_->on_thread([=](Network& network) { return network.link(from, to).state; });
}

void LinkProxy::cut(std::size_t from, std::size_t to) {
  world_->on_thread([=](Network& network) { network.link(from, to).state.cut = true; });
}

void LinkProxy::isolate(std::size_t node) {
  world_->on_thread([=](Network& network) {
    for (std::size_t other = 0; other < network.nodes; ++other) {
      network.link(node, other).state.cut = network.link(other, node).state.cut = true;
    }
  });
}

void LinkProxy::heal() {
  world_->on_thread([](Network& network) {
    for (Link& link : network.links) link.state = {};
    World::wake(network);
  });
}

void LinkProxy::drop(std::size_t from, std::size_t to) {
  world_->on_thread([=](Network& network) {
    const auto connections = network.connections;
    for (const auto& connection : connections) {
      if (connection->joins(from, to)) connection->reset();
    }
  });
}

std::uint64_t LinkProxy::carried(std::size_t from, std::size_t to) const {
  return world_->on_thread([=](Network& network) { return network.link(from, to).carried; });
}

}  // namespace stator::cluster
