#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "stator/plugin.h"
#include "stator/testing/loop_host.h"
#include "stator/transport.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

using namespace stator;
namespace asio = boost::asio;

/// A node that holds one key.
struct OneKey final : Clients {
  explicit OneKey(Host& host) : host(host) {}
  void get(GetRequest request, UniqueFunction<void(Outcome<GetResult>)> done) override {
    GetResult result;
    result.found = request.head.keyspace == "default" && request.head.key == "hello";
    result.resolved.value = "world";
    host.post([done = std::move(done), result]() mutable { done(result); });
  }
  void put(PutRequest, UniqueFunction<void(Outcome<PutResult>)>) override { ADD_FAILURE(); }
  void inspect(std::string, RequestHead, UniqueFunction<void(Outcome<Page>)>) override { ADD_FAILURE(); }
  void act(std::string, Bytes, UniqueFunction<void(Outcome<Page>)>) override { ADD_FAILURE(); }
  std::uint64_t max_value_bytes() const override { return 1 << 20; }
  Host& host;
};

/// The next line; `received` holds what has come behind it.
std::string line_of(asio::ip::tcp::socket& socket, std::string& received) {
  const std::size_t size = asio::read_until(socket, asio::dynamic_buffer(received), '\n');
  const std::string line = received.substr(0, size);
  received.erase(0, size);
  return line;
}

TEST(Scaffold, AnswersALineWithALine) {
  stator::testing::LoopHost host;
  OneKey node(host);
  Status why;
  const Config config("scaffold", {{"keyspace", std::string("default")}});
  const std::unique_ptr<Transport> transport(static_cast<Transport*>(stator_plugin.create(host, config, why)));
  ASSERT_NE(transport, nullptr) << why.text();
  ASSERT_TRUE(transport->start("127.0.0.1:0", &node, nullptr).is_ok());
  const std::string address = transport->address();

  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  socket.connect({asio::ip::make_address("127.0.0.1"),
                  static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)))});
  asio::write(socket, asio::buffer(std::string("hello\nnobody\n")));
  std::string received;
  EXPECT_EQ(line_of(socket, received), "world\n");
  EXPECT_EQ(line_of(socket, received), "\n");
  transport->stop();
  boost::system::error_code ended;
  char byte = 0;
  socket.read_some(asio::buffer(&byte, 1), ended);
  EXPECT_EQ(ended, asio::error::eof);
}

}  // namespace
