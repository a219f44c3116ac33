#include "tests/cluster/link_proxy.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "tests/cluster/await.h"

namespace stator::cluster {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Tcp = asio::ip::tcp;

/// Two nodes and one connection, which node 0 has dialled to node 1.
class LinkProxyTest : public testing::Test {
 protected:
  LinkProxyTest() { proxy.set_target(1, listener.local_endpoint().port()); }

  static Tcp::endpoint endpoint(const std::string& address) {
    const std::string port = address.substr(address.find(':') + 1);
    return {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))};
  }
  void connect() {
    dialled.connect(endpoint(proxy.address(0, 1)));
    listener.accept(accepted);
  }
  static void send(Tcp::socket& socket, const std::string& bytes) { asio::write(socket, asio::buffer(bytes)); }
  static std::string receive(Tcp::socket& socket, std::size_t size) {
    std::string bytes(size, '\0');
    boost::system::error_code failed;
    bytes.resize(asio::read(socket, asio::buffer(bytes), failed));
    return bytes;
  }
  /// A byte there and back, and back and there: whatever the proxy had read before is through by then.
  void exchange() {
    for (int i = 0; i < 20; ++i) {
      send(accepted, "x");
      ASSERT_EQ(receive(dialled, 1), "x");
    }
  }
  static std::string some_bytes(std::size_t size) {
    std::mt19937_64 random(size);
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
  }

  LinkProxy proxy{2, 7};
  asio::io_context io;
  Tcp::acceptor listener{io, {asio::ip::address_v4::loopback(), 0}};
  Tcp::socket dialled{io};
  Tcp::socket accepted{io};
};

TEST_F(LinkProxyTest, CarriesEveryByteInOrderBothWays) {
  connect();
  const std::string bytes = some_bytes(100'000);
  send(dialled, bytes);
  EXPECT_TRUE(receive(accepted, bytes.size()) == bytes);
  send(accepted, bytes);
  EXPECT_TRUE(receive(dialled, bytes.size()) == bytes);
  EXPECT_EQ(proxy.carried(0, 1), bytes.size());
  dialled.close();
  EXPECT_EQ(receive(accepted, 1), "") << "the end is passed on";
}

TEST_F(LinkProxyTest, HoldsADirectionUpAndNotTheOther) {
  connect();
  proxy.set(0, 1, {.delay = milliseconds(200), .jitter = milliseconds(50)});
  const auto begun = std::chrono::steady_clock::now();
  send(dialled, "slow ");
  send(dialled, "and in order");
  exchange();
  EXPECT_EQ(proxy.carried(0, 1), 0U) << "the other direction is quick";
  EXPECT_EQ(receive(accepted, 17), "slow and in order");
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(200));
}

TEST_F(LinkProxyTest, ACutWithholdsOneDirectionUntilItHeals) {
  connect();
  proxy.cut(0, 1);
  send(dialled, "withheld");
  dialled.shutdown(Tcp::socket::shutdown_send);
  exchange();
  EXPECT_EQ(accepted.available(), 0U);
  EXPECT_EQ(proxy.carried(0, 1), 0U);
  EXPECT_TRUE(proxy.state(0, 1).cut);
  EXPECT_FALSE(proxy.state(1, 0).cut);
  proxy.heal();
  EXPECT_EQ(receive(accepted, 100), "withheld") << "and then the end";
}

TEST_F(LinkProxyTest, ACutEitherWayKeepsNewConnectionsFromBeingMade) {
  for (const bool there : {true, false}) {
    proxy.cut(there ? 0 : 1, there ? 1 : 0);
    Tcp::socket waiting(io);
    waiting.connect(endpoint(proxy.address(0, 1)));
    send(waiting, "hello");
    listener.non_blocking(true);
    Tcp::socket none(io);
    boost::system::error_code nobody;
    proxy.state(0, 1);  // the proxy has been through its loop
    listener.accept(none, nobody);
    EXPECT_EQ(nobody, asio::error::would_block);
    listener.non_blocking(false);
    proxy.heal();
    Tcp::socket late(io);
    listener.accept(late);
    EXPECT_EQ(receive(late, 5), "hello");
  }
}

TEST_F(LinkProxyTest, LossHoldsBytesUpAndLosesNone) {
  connect();
  proxy.set(0, 1, {.loss = 0.1});
  proxy.set(1, 0, {.loss = 0.1});
  std::string sent;
  std::string received;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 30; ++i) {
    const std::string piece = std::to_string(i) + ";";
    send(dialled, piece);
    sent += piece;
    received += receive(accepted, piece.size());
  }
  EXPECT_EQ(received, sent);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(200)) << "with this seed some piece was lost";
}

TEST_F(LinkProxyTest, LossOfEverythingResetsTheConnection) {
  connect();
  proxy.set(0, 1, {.loss = 1});
  send(dialled, "gone");
  EXPECT_EQ(receive(dialled, 1), "");
  EXPECT_EQ(receive(accepted, 1), "");
}

TEST_F(LinkProxyTest, DroppedConnectionsEndForBothAndNewOnesAreMade) {
  connect();
  exchange();
  proxy.drop(1, 0);
  exchange();
  proxy.drop(0, 1);
  EXPECT_EQ(receive(dialled, 1), "");
  EXPECT_EQ(receive(accepted, 1), "");
  dialled.close();
  accepted.close();
  connect();
  exchange();
}

TEST_F(LinkProxyTest, NobodyListeningIsAnEnd) {
  listener.close();
  dialled.connect(endpoint(proxy.address(0, 1)));
  EXPECT_EQ(receive(dialled, 1), "");
}

TEST_F(LinkProxyTest, ASenderMustWaitWhenTooMuchIsHeldBack) {
  connect();
  proxy.cut(0, 1);
  dialled.non_blocking(true);
  const std::string piece(64 << 10, 'p');
  boost::system::error_code full;
  std::size_t taken = 0;
  // The proxy's own share and the system's buffers are bounded, so this ends.
  ASSERT_TRUE(await([&] {
    full = {};
    taken += dialled.write_some(asio::buffer(piece), full);
    return full == asio::error::would_block || taken > (std::size_t{64} << 20);
  }));
  EXPECT_EQ(full, asio::error::would_block);
  proxy.heal();
  EXPECT_EQ(receive(accepted, taken).size(), taken);
}

}  // namespace
}  // namespace stator::cluster
