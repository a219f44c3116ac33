#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "stator/plugin.h"
#include "stator/testing/loop_host.h"
#include "stator/transport.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace {

using namespace stator;
namespace asio = boost::asio;

/// A node that keeps what it is given.
struct MapNode final : Clients {
  explicit MapNode(Host& host) : host(host) {}
  void get(GetRequest request, UniqueFunction<void(Outcome<GetResult>)> done) override {
    GetResult result;
    const auto found = values.find(request.head.key);
    result.found = found != values.end();
    if (result.found) {
      result.siblings.emplace_back().value = found->second;
      result.resolved.winner = 0;
    }
    host.post([done = std::move(done), result]() mutable { done(result); });
  }
  void put(PutRequest request, UniqueFunction<void(Outcome<PutResult>)> done) override {
    Outcome<PutResult> outcome = PutResult();
    if (request.head.key == "refused") outcome = Status(Code::unavailable, "quorum not reached");
    values.erase(request.head.key);
    if (!request.remove) values.emplace(request.head.key, request.value);
    host.post([done = std::move(done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
  }
  void inspect(std::string, RequestHead, UniqueFunction<void(Outcome<Page>)>) override { ADD_FAILURE(); }
  void act(std::string, Bytes, UniqueFunction<void(Outcome<Page>)>) override { ADD_FAILURE(); }
  std::uint64_t max_value_bytes() const override { return 100'000; }
  Host& host;
  std::map<Bytes, Bytes> values{{"poem", "two\nlines"}};
};

struct Line : ::testing::Test {
  void TearDown() override {
    transport->stop();
    ::unlink((directory + "/7081.sock").c_str());
    ::rmdir(directory.c_str());
  }
  std::unique_ptr<Transport> make() {
    const Config config("line", {{"directory", directory}, {"keyspace", std::string("default")}});
    Status why;
    return std::unique_ptr<Transport>(static_cast<Transport*>(stator_plugin.create(host, config, why)));
  }
  Status start(Transport& started) { return started.start("127.0.0.1:7081", &node, nullptr); }
  void connect() { socket.connect({directory + "/7081.sock"}); }
  /// What is answered to a line.
  std::string ask(const std::string& line) {
    asio::write(socket, asio::buffer(line + '\n'));
    const std::size_t size = asio::read_until(socket, asio::dynamic_buffer(received), '\n');
    std::string answer = received.substr(0, size - 1);
    received.erase(0, size);
    return answer;
  }

  char form[24] = "/tmp/stator-line-XXXXXX";
  const std::string directory = ::mkdtemp(form);
  stator::testing::LoopHost host;
  MapNode node{host};
  std::unique_ptr<Transport> transport = make();
  asio::io_context context;
  asio::local::stream_protocol::socket socket{context};
  std::string received;
};

TEST_F(Line, AnswersALineWithALine) {
  ASSERT_TRUE(start(*transport).is_ok());
  connect();
  EXPECT_EQ(ask("GET hello"), "NONE");
  EXPECT_EQ(ask("PUT hello wide world"), "OK");
  EXPECT_EQ(ask("GET hello"), "VALUE wide world");
  EXPECT_EQ(ask("PUT hello "), "OK");
  EXPECT_EQ(ask("GET hello"), "VALUE ");
  EXPECT_EQ(ask("DELETE hello"), "OK");
  EXPECT_EQ(ask("GET hello"), "NONE");
  EXPECT_EQ(ask("PUT long " + std::string(100'000, 'x')), "OK");
  EXPECT_EQ(ask("GET long").size(), 100'006u);
}

TEST_F(Line, SaysWhatItDoesNotDo) {
  ASSERT_TRUE(start(*transport).is_ok());
  connect();
  for (const char* line : {"", "GET", "GET ", "PUT key", "PUT  value", "DELETE", "get key"})
    EXPECT_EQ(ask(line), "ERROR it is GET key, PUT key value or DELETE key") << line;
  EXPECT_EQ(ask("PUT refused value"), "ERROR unavailable: quorum not reached");
  EXPECT_EQ(ask("GET poem"), "ERROR the value is no line");
}

TEST_F(Line, TakesTheSocketOfADeadProcessAndOfNoLivingOne) {
  { asio::local::stream_protocol::acceptor dead(context, {directory + "/7081.sock"}); }
  ASSERT_TRUE(start(*transport).is_ok());
  const auto second = make();
  EXPECT_EQ(start(*second).code(), Code::unavailable);
  connect();
  EXPECT_EQ(ask("GET hello"), "NONE") << "the first is still there";
}

TEST_F(Line, HangsUpAndLeavesNoSocketWhenItStops) {
  ASSERT_TRUE(start(*transport).is_ok());
  connect();
  EXPECT_EQ(ask("GET hello"), "NONE");
  transport->stop();
  char byte = 0;
  boost::system::error_code ended;
  socket.read_some(asio::buffer(&byte, 1), ended);
  EXPECT_EQ(ended, asio::error::eof);
  EXPECT_NE(::access((directory + "/7081.sock").c_str(), F_OK), 0);
}

}  // namespace
