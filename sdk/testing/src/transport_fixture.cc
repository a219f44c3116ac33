#include "transport_fixture.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace stator::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

const tcp::endpoint kAnyPort(asio::ip::address_v4::loopback(), 0);

std::string text_of(const tcp::endpoint& endpoint) {
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

tcp::endpoint endpoint_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  error_code bad;
  const auto host = asio::ip::make_address(address.substr(0, colon), bad);
  const int port = colon == std::string::npos ? 0 : std::atoi(address.c_str() + colon + 1);
  return {host, static_cast<std::uint16_t>(port)};
}

}  // namespace

void Findings::add(std::string line) {
  std::lock_guard lock(mutex_);
  if (lines_.size() < kEnough) lines_.push_back(std::move(line));
}

std::vector<std::string> Findings::take() {
  std::lock_guard lock(mutex_);
  return std::exchange(lines_, {});
}

ScriptedPeers::ScriptedPeers(std::string name)
    : on_meet([](BytesView hello) { return Result<std::string>(std::string(hello)); }),
      on_request([](const std::string&, Frame request, Reply reply) { reply(std::move(request)); }),
      name_(std::move(name)) {}

void ScriptedPeers::receive(const std::string& node, Frame request, Reply reply) {
  {
    std::lock_guard lock(mutex_);
    ++received_;
    changed_.notify_all();
  }
  on_request(node, std::move(request), std::move(reply));
}

bool ScriptedPeers::wait_for(int requests, Duration patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return received_ >= requests; });
}

int ScriptedPeers::received() const {
  std::lock_guard lock(mutex_);
  return received_;
}

void ScriptedPeers::reset_received() {
  std::lock_guard lock(mutex_);
  received_ = 0;
}

Ledger::Ledger(Findings& findings, Duration patience)
    : state_(new State{findings, {}, {}, {}, 0}), patience_(patience) {}

void Ledger::call(LawNode& node, Ask ask) {
  auto entry = std::make_shared<Entry>();
  entry->loop = ask.loop;
  entry->deadline = node.host.now() + ask.timeout;
  {
    std::lock_guard lock(state_->mutex);
    state_->entries.push_back(entry);
    ++state_->open;
  }
  auto frame = std::make_shared<const Bytes>(std::move(ask.request));
  node.host.post(entry->loop, [state = state_, &node, to = std::move(ask.to), entry, frame]() mutable {
    entry->inside = true;
    node.transport->call(
        to, std::move(frame), entry->deadline,
        [state, &host = node.host, entry](Result<Frame> outcome) { state->ended(host, *entry, std::move(outcome)); });
    entry->inside = false;
  });
}

void Ledger::State::ended(LoopHost& host, Entry& entry, Result<Frame> outcome) {
  if (host.current() != entry.loop) {
    findings.add("done came on loop " + std::to_string(host.current()) + ", the call was on " +
                 std::to_string(entry.loop));
  } else if (entry.inside) {
    findings.add("done came inside the call");
  }
  std::lock_guard lock(mutex);
  if (++entry.times > 1) return findings.add("done came more than once");
  entry.ended = host.now();
  entry.outcome = std::move(outcome);
  --open;
  changed.notify_all();
}

bool Ledger::wait() {
  std::unique_lock lock(state_->mutex);
  if (state_->changed.wait_for(lock, patience_, [this] { return state_->open == 0; })) return true;
  state_->findings.add(std::to_string(state_->open) + " of " + std::to_string(size()) + " calls never ended");
  return false;
}

void Ledger::expect_all(Code code, const std::string& when) {
  for (const auto& entry : state_->entries) {
    const Code got = entry->outcome.status().code();
    state_->findings.expect(got == code, when + ": " + code_name(got) + " (" + entry->outcome.status().message() +
                                             ") instead of " + code_name(code));
  }
}

LawNode::LawNode(const TransportUnderTest& kind, std::string name, int loops)
    : host(loops), peers(std::move(name)), transport(kind.make(host)) {}

LawNode::~LawNode() {
  transport->stop();
  transport.reset();
}

bool LawNode::start(Findings& findings, const std::string& listen) {
  const Status started = transport->start(listen, nullptr, &peers);
  findings.expect(started.is_ok(), "start on " + listen + ": " + started.text());
  return started.is_ok();
}

RawListener::RawListener(Kind kind) : acceptor_(context_, tcp::v4()) {
  acceptor_.set_option(boost::asio::socket_base::reuse_address(true));  // somebody may listen here next
  acceptor_.bind(kAnyPort);
  if (kind == Kind::listens) acceptor_.listen();
}

std::string RawListener::address() const { return text_of(acceptor_.local_endpoint()); }

tcp::socket RawListener::accept() {
  error_code failed;
  tcp::socket socket(context_);
  acceptor_.accept(socket, failed);
  return socket;
}

Bytes RawListener::first_words(Duration patience) {
  constexpr std::size_t kMost = 4096;
  tcp::socket socket(context_);
  Bytes words(kMost, '\0');
  std::size_t said = 0;
  acceptor_.async_accept(socket, [&](error_code failed) {
    if (!failed) socket.async_read_some(asio::buffer(words), [&said](error_code, std::size_t size) { said = size; });
  });
  context_.run_for(patience);
  words.resize(said);
  return words;
}

RawDialer::RawDialer(const std::string& address) : socket_(context_) {
  error_code failed;
  socket_.connect(endpoint_of(address), failed);
}

void RawDialer::send(BytesView bytes) {
  error_code failed;
  asio::write(socket_, asio::buffer(bytes), failed);
}

void RawDialer::hang_up() {
  error_code failed;
  socket_.close(failed);
}

/// Two sockets and a thread that copies between them.
class Wire::Relay {
 public:
  Relay(tcp::socket from, const std::string& target) : near_(context_), far_(context_) {
    error_code failed;
    near_.assign(tcp::v4(), from.release());
    far_.connect(endpoint_of(target), failed);
    pump(near_, far_, there_);
    pump(far_, near_, back_);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Relay() {
    asio::post(context_, [this] {
      reset(near_);
      reset(far_);
    });
    thread_.join();
  }

 private:
  /// Closing with a linger of zero sends a reset, as a crash of the other machine's kernel would.
  static void reset(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
  }
  void pump(tcp::socket& from, tcp::socket& to, Bytes& buffer) {
    buffer.resize(std::size_t{64} * 1024);
    from.async_read_some(asio::buffer(buffer), [&, this](error_code failed, std::size_t size) {
      if (failed) return reset(to);
      asio::async_write(to, asio::buffer(buffer.data(), size), [&, this](error_code broken, std::size_t) {
        if (broken) return reset(from);
        pump(from, to, buffer);
      });
    });
  }

  asio::io_context context_;
  tcp::socket near_;
  tcp::socket far_;
  Bytes there_;
  Bytes back_;
  std::thread thread_;
};

Wire::Wire(std::string target) : target_(std::move(target)), thread_([this] { run(); }) {}

Wire::~Wire() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  RawDialer(address()).hang_up();  // wakes the accept
  thread_.join();
}

void Wire::run() {
  while (true) {
    tcp::socket dialer = listener_.accept();
    std::lock_guard lock(mutex_);
    if (ended_) return;
    if (dialer.is_open()) relays_.push_back(std::make_unique<Relay>(std::move(dialer), target_));
  }
}

void Wire::cut() {
  std::lock_guard lock(mutex_);
  relays_.clear();
}

bool eventually(Duration patience, const std::function<bool()>& holds) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace stator::testing
