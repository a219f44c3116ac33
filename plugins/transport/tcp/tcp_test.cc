#include "tcp.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "stator/testing/loop_host.h"
#include "wire.h"

namespace stator::tcp {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

class PlainPeers : public Peers {
 public:
  Bytes hello() override { return "plain"; }
  Result<std::string> meet(BytesView hello) override { return std::string(hello); }
  void receive(const std::string&, Frame request, Reply reply) override {
    if (answers) reply(std::move(request));
  }
  bool answers = true;
};

struct Node {
  explicit Node(const Options& options = {}, int loops = 1) : host(loops), transport(host, host, options) {}
  ~Node() { transport.stop(); }
  Status start(const std::string& listen = "127.0.0.1:0") { return transport.start(listen, nullptr, &peers); }

  testing::LoopHost host;
  PlainPeers peers;
  Tcp transport;
};

using Answers = std::vector<std::future<Result<Frame>>>;

/// Makes the calls one after the other in one turn of the first loop.
Answers ask(Node& node, const std::string& to, const std::vector<std::size_t>& sizes, Duration timeout = minutes(5)) {
  Answers answers;
  node.host.run_on(0, [&] {
    for (const std::size_t size : sizes) {
      std::promise<Result<Frame>> answer;
      answers.push_back(answer.get_future());
      node.transport.call(
          to, std::make_shared<const Bytes>(size, 'x'), node.host.now() + timeout,
          [answer = std::move(answer)](Result<Frame> got) mutable { answer.set_value(std::move(got)); });
    }
  });
  return answers;
}

Status ask_one(Node& node, const std::string& to, Duration timeout = minutes(5)) {
  return ask(node, to, {10}, timeout)[0].get().status();
}

/// Accepts one connection, says hello, and then nothing more until the test ends.
class MutePeer {
 public:
  MutePeer()
      : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
        socket_(context_),
        thread_([this] { run(); }) {}
  ~MutePeer() { thread_.join(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

 private:
  void run() {
    acceptor_.accept(socket_);
    const auto header = encode(FrameHeader{4, FrameKind::hello, 0});
    boost::asio::write(socket_, boost::asio::buffer(header));
    boost::asio::write(socket_, boost::asio::buffer("mute", 4));
    boost::system::error_code hung_up;
    Bytes ignored(1024, '\0');
    while (!hung_up) socket_.read_some(boost::asio::buffer(ignored), hung_up);
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::socket socket_;
  std::thread thread_;
};

TEST(Tcp, BoundsTheCallsInFlight) {
  Node asks({.max_in_flight = 10}), mute;
  mute.peers.answers = false;
  ASSERT_TRUE(asks.start().is_ok() && mute.start().is_ok());
  Answers answers = ask(asks, mute.transport.address(), std::vector<std::size_t>(15, 1), milliseconds(50));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].get().status().code(), i < 10 ? Code::deadline_exceeded : Code::resource_exhausted) << i;
  }
}

TEST(Tcp, BoundsTheBytesThatWait) {
  Node asks({.max_queued_bytes = 1 << 20}), answers;
  ASSERT_TRUE(asks.start().is_ok() && answers.start().is_ok());
  const std::vector<std::size_t> sizes = {400'000, 400'000, 400'000, 100};
  Answers got = ask(asks, answers.transport.address(), sizes);
  EXPECT_TRUE(got[0].get().is_ok());
  EXPECT_TRUE(got[1].get().is_ok());
  EXPECT_EQ(got[2].get().status().code(), Code::resource_exhausted);
  EXPECT_TRUE(got[3].get().is_ok());
  EXPECT_TRUE(ask(asks, answers.transport.address(), {2'000'000})[0].get().is_ok())
      << "a lone great frame always passes";
}

TEST(Tcp, ADeadlineMayLieBeyondAllTime) {
  Node asks, answers;
  ASSERT_TRUE(asks.start().is_ok() && answers.start().is_ok());
  std::promise<Result<Frame>> answer;
  asks.host.run_on(0, [&] {
    asks.transport.call(answers.transport.address(), nullptr, TimePoint::max(),
                        [&](Result<Frame> got) { answer.set_value(std::move(got)); });
  });
  EXPECT_TRUE(answer.get_future().get().is_ok());
}

TEST(Tcp, RefusesAFrameThatTheOtherSideWould) {
  Node asks, answers;
  ASSERT_TRUE(asks.start().is_ok() && answers.start().is_ok());
  EXPECT_EQ(ask(asks, answers.transport.address(), {kMaxPayload + 1})[0].get().status().code(), Code::too_large);
  EXPECT_TRUE(ask_one(asks, answers.transport.address()).is_ok());
}

TEST(Tcp, GivesUpAPeerThatFellSilent) {
  Node asks({.peer_silence = milliseconds(50)});
  MutePeer mute;
  ASSERT_TRUE(asks.start().is_ok());
  const Status ended = ask_one(asks, mute.address());
  EXPECT_EQ(ended.code(), Code::unavailable);
  EXPECT_NE(ended.message().find("silent"), std::string::npos) << ended.text();
}

// Each call is given up before the silence has been long enough, and the next begins when none waits any more.
TEST(Tcp, GivesUpAPeerThatFellSilentWhileItIsCalledAgainAndAgain) {
  Node asks({.peer_silence = milliseconds(200)});
  MutePeer mute;
  ASSERT_TRUE(asks.start().is_ok());
  Status ended = ask_one(asks, mute.address(), milliseconds(20));
  for (int i = 0; i < 500 && ended.code() == Code::deadline_exceeded; ++i)
    ended = ask_one(asks, mute.address(), milliseconds(20));
  EXPECT_EQ(ended.code(), Code::unavailable);
  EXPECT_NE(ended.message().find("silent"), std::string::npos) << ended.text();
}

TEST(Tcp, BearsWithAPeerThatIsSlowButAlive) {
  Node asks({.peer_silence = milliseconds(100)}), slow;
  slow.peers.answers = false;
  ASSERT_TRUE(asks.start().is_ok() && slow.start().is_ok());
  EXPECT_EQ(ask_one(asks, slow.transport.address(), milliseconds(400)).code(), Code::deadline_exceeded);
}

TEST(Tcp, BearsWithAPeerThatIsSlowButAliveHoweverOftenItIsCalled) {
  Node asks({.peer_silence = milliseconds(100)}), slow;
  slow.peers.answers = false;
  ASSERT_TRUE(asks.start().is_ok() && slow.start().is_ok());
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(ask_one(asks, slow.transport.address(), milliseconds(30)).code(), Code::deadline_exceeded) << i;
}

TEST(Tcp, GivesUpAPeerThatAcceptsAndSaysNothing) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor silent(context, {boost::asio::ip::address_v4::loopback(), 0});
  Node asks({.connect_timeout = milliseconds(20)});
  ASSERT_TRUE(asks.start().is_ok());
  EXPECT_EQ(ask_one(asks, "127.0.0.1:" + std::to_string(silent.local_endpoint().port())).code(), Code::unavailable);
}

TEST(Tcp, HangsUpOnOneWhoDialsAndSaysNothing) {
  Node listens({.connect_timeout = milliseconds(20)});
  ASSERT_TRUE(listens.start().is_ok());
  const std::string address = listens.transport.address();
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
  for (const bool with_preamble : {false, true}) {
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket dialer(context);
    dialer.connect({boost::asio::ip::address_v4::loopback(), port});
    if (with_preamble) boost::asio::write(dialer, boost::asio::buffer(encode(Preamble{})));
    boost::system::error_code hung_up;
    char byte = 0;
    dialer.read_some(boost::asio::buffer(&byte, 1), hung_up);
    EXPECT_TRUE(hung_up);
  }
}

TEST(Tcp, LikeLoopsMeetSoThatNothingHops) {
  constexpr int kLoops = 3;
  struct LoopTelling final : PlainPeers {
    explicit LoopTelling(testing::LoopHost& of) : host(of) {}
    void receive(const std::string&, Frame, Reply reply) override {
      reply(std::make_shared<const Bytes>(std::to_string(host.current())));
    }
    testing::LoopHost& host;
  };
  Node asks({}, kLoops);
  testing::LoopHost host(kLoops);
  LoopTelling peers(host);
  Tcp answers(host, host, Options{});
  ASSERT_TRUE(asks.start().is_ok() && answers.start("127.0.0.1:0", nullptr, &peers).is_ok());
  for (int loop = 0; loop < kLoops; ++loop) {
    std::promise<Result<Frame>> told;
    asks.host.run_on(loop, [&] {
      asks.transport.call(answers.address(), nullptr, asks.host.now() + minutes(5),
                          [&](Result<Frame> got) { told.set_value(std::move(got)); });
    });
    EXPECT_EQ(**told.get_future().get(), std::to_string(loop));
  }
  answers.stop();
}

TEST(Tcp, DialsNames) {
  Node asks, answers;
  ASSERT_TRUE(asks.start().is_ok() && answers.start().is_ok());
  const std::string address = answers.transport.address();
  EXPECT_EQ(ask_one(asks, "localhost" + address.substr(address.find(':'))), Status());
}

TEST(Tcp, SpeaksIPv6WhereTheMachineDoes) {
  Node asks, answers;
  const Status started = answers.start("[::1]:0");
  ASSERT_TRUE(asks.start().is_ok());
  if (started.is_ok()) {
    EXPECT_TRUE(answers.transport.address().starts_with("[::1]:"));
    EXPECT_EQ(ask_one(asks, answers.transport.address()), Status());
  } else {
    EXPECT_NE(started.message().find("[::1]:0"), std::string::npos) << started.text();
  }
}

TEST(Tcp, WithoutPeersItDoesNothing) {
  Node idle;
  EXPECT_TRUE(idle.transport.start("127.0.0.1:0", nullptr, nullptr).is_ok());
  EXPECT_EQ(idle.transport.address(), "");
  EXPECT_EQ(ask_one(idle, "127.0.0.1:1").code(), Code::unavailable);
}

TEST(Tcp, NeedNotBeStarted) {
  Node never;
  never.transport.stop();
  EXPECT_EQ(ask_one(never, "127.0.0.1:1").code(), Code::unavailable);
}

TEST(Tcp, SaysOnceThatAPeerIsGoneAndOnceThatItIsBack) {
  Node asks;
  auto answers = std::make_unique<Node>();
  ASSERT_TRUE(asks.start().is_ok() && answers->start().is_ok());
  const std::string address = answers->transport.address();
  EXPECT_TRUE(ask_one(asks, address).is_ok());
  answers.reset();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask_one(asks, address).code(), Code::unavailable);
  Node back;
  while (!back.start(address).is_ok()) std::this_thread::yield();
  while (!ask_one(asks, address).is_ok()) std::this_thread::yield();
  int gone = 0, reached = 0;
  for (const std::string& line : asks.host.logged()) {
    gone += line.starts_with("warning: ") && line.find(address + " cannot be reached") != std::string::npos;
    reached += line == "info: tcp: plain is reached at " + address;
  }
  EXPECT_EQ(gone, 1);
  EXPECT_EQ(reached, 1);
}

}  // namespace
}  // namespace stator::tcp
