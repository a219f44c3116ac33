// The whole plugin over loopback, as the kernel would make it: hostile clients, timeouts, limits, stopping.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <random>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "base64.h"
#include "map_clients.h"
#include "raw_client.h"
#include "stator/plugin.h"
#include "stator/testing/loop_host.h"

extern "C" const stator_plugin_descriptor stator_plugin;

namespace stator::http {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;

using Options = std::map<std::string, Config::Value, std::less<>>;

Options default_options() {
  return {{"max_connections", std::int64_t{10000}},
          {"idle_timeout", Duration(60s)},
          {"header_timeout", Duration(60s)},
          {"body_timeout", Duration(60s)},
          {"max_header_bytes", std::int64_t{16 << 10}},
          {"max_pipeline", std::int64_t{64}}};
}

std::unique_ptr<Transport> make(Host& host, const Options& options, Status& why) {
  return std::unique_ptr<Transport>(static_cast<Transport*>(stator_plugin.create(host, Config("http", options), why)));
}

class ServerTest : public ::testing::Test {
 protected:
  ~ServerTest() override {
    if (server_) server_->stop();
  }
  void start(const std::string& option = "", const Config::Value& value = {}) {
    Options options = default_options();
    if (!option.empty()) options[option] = value;
    Status status;
    server_ = make(host_, options, status);
    ASSERT_TRUE(server_) << status.text();
    EXPECT_EQ(server_->address(), "");
    status = server_->start("127.0.0.1:0", &clients_, nullptr);
    ASSERT_TRUE(status.is_ok()) << status.text();
  }
  RawClient connect() {
    RawClient client(server_->address());
    EXPECT_TRUE(client.connected());
    return client;
  }
  static std::string put(const std::string& key, BytesView value, const std::string& headers = "") {
    return "PUT /kv/" + key + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: " + std::to_string(value.size()) +
           "\r\n\r\n" + Bytes(value);
  }
  static std::string get(const std::string& target, const std::string& headers = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
  }
  static Reply ask(RawClient& client, const std::string& request) {
    EXPECT_TRUE(client.send(request));
    auto reply = client.read();
    EXPECT_TRUE(reply) << request.substr(0, 80);
    return reply.value_or(Reply());
  }
  /// A fresh client is served.
  void expect_alive() {
    RawClient client = connect();
    EXPECT_EQ(ask(client, get("/health")).body, "ok\n");
  }

  testing::LoopHost host_{2};
  MapClients clients_{[this](Task task) { host_.post(std::move(task)); }};
  std::unique_ptr<Transport> server_;
};

TEST_F(ServerTest, HoldsBothConversations) {
  start();
  RawClient client = connect();
  EXPECT_EQ(ask(client, put("hello", "world")).status, 204);
  EXPECT_EQ(ask(client, get("/kv/hello")).body, "world");
  const Reply reply = ask(client, put("j", R"({"valueBase64":"aGVsbG8="})", "Content-Type: application/json\r\n"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json::parse(ask(client, get("/kv/j")).body)["valueBase64"], "aGVsbG8=");
  EXPECT_NE(reply.header("date"), "");
}

TEST_F(ServerTest, CarriesValuesOfEverySizeByteForByte) {
  start();
  RawClient client = connect();
  std::mt19937 random(4);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{65537}, std::size_t{8} << 20}) {
    Bytes value(size, '\0');
    for (char& c : value) c = static_cast<char>(random());
    ASSERT_EQ(ask(client, put("raw", value)).status, 204) << size;
    ASSERT_TRUE(ask(client, get("/kv/raw")).body == value) << size;
    Bytes text;
    append_base64(value, text);
    ASSERT_EQ(
        ask(client, put("json", "{\"valueBase64\":\"" + text + "\"}", "Content-Type: application/json\r\n")).status,
        200)
        << size;
    ASSERT_TRUE(ask(client, get("/kv/json?raw=true")).body == value) << size;
    ASSERT_TRUE(json::parse(ask(client, get("/kv/json")).body)["valueBase64"] == text) << size;
  }
}

TEST_F(ServerTest, TakesRequestsInPieces) {
  start();
  RawClient client = connect();
  const std::string request =
      "PUT /kv/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (const char c : request) ASSERT_TRUE(client.send(BytesView(&c, 1)));
  EXPECT_EQ(client.read()->status, 204);
  EXPECT_EQ(ask(client, get("/kv/k")).body, "abcde");
}

TEST_F(ServerTest, AnswersTenThousandPipelinedReads) {
  start();
  RawClient client = connect();
  ask(client, put("k", "value"));
  constexpr int kRequests = 10000;
  std::thread sender([&] {
    std::string many;
    for (int i = 0; i < kRequests; ++i) many += get(i % 3 == 0 ? "/kv/k" : i % 3 == 1 ? "/health" : "/kv/none");
    client.send(many);
  });
  for (int i = 0; i < kRequests; ++i) {
    const auto reply = client.read();
    if (!reply) {
      ADD_FAILURE() << "closed after " << i;
      break;
    }
    EXPECT_EQ(reply->body, i % 3 == 0 ? "value" : i % 3 == 1 ? "ok\n" : "{\"found\":false}") << i;
  }
  sender.join();
}

TEST_F(ServerTest, WaitsForClientsThatReadSlowly) {
  start();
  RawClient client = connect();
  const Bytes value(1 << 20, 'v');
  ask(client, put("big", value));
  std::string many;
  for (int i = 0; i < 64; ++i) many += get("/kv/big");
  ASSERT_TRUE(client.send(many));
  expect_alive();
  for (int i = 0; i < 64; ++i) {
    const auto reply = client.read();
    ASSERT_TRUE(reply) << i;
    ASSERT_TRUE(reply->body == value) << i;
  }
}

TEST_F(ServerTest, ServesManyConnectionsAtOnce) {
  start();
  std::vector<std::thread> threads;
  threads.reserve(16);
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      RawClient client(server_->address());
      for (int i = 0; i < 100; ++i) {
        const std::string key = std::to_string(t) + "-" + std::to_string(i % 7);
        const std::string value = key + "=" + std::to_string(i);
        client.send(put(key, value) + get("/kv/" + key));
        const auto stored = client.read();
        const auto shown = client.read();
        if (!stored || stored->status != 204 || !shown || shown->body != value) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(ServerTest, RefusesHugeHeads) {
  start();
  RawClient client = connect();
  client.send("GET /kv/k HTTP/1.1\r\nHost: x\r\nCookie: " + std::string(1 << 20, 'c') + "\r\n\r\n");
  const auto reply = client.read();
  ASSERT_TRUE(reply) << "the client must learn why";
  EXPECT_EQ(reply->status, 431);
  EXPECT_TRUE(client.read_close());
  expect_alive();
}

TEST_F(ServerTest, RefusesLargeBodiesBeforeTheyAreRead) {
  start();
  clients_.limit_values(100);
  RawClient client = connect();
  client.send("PUT /kv/k HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + std::string(300000, 'x'));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  EXPECT_EQ(reply->header("connection"), "close");
  EXPECT_TRUE(client.read_close());
  EXPECT_TRUE(clients_.puts().empty());
}

TEST_F(ServerTest, ClosesOnGarbage) {
  start();
  for (const BytesView garbage :
       {BytesView("\x16\x03\x01\x02\x00\x01\x00", 7), BytesView("\0\0\0\0", 4), BytesView("GET\r\n\r\n"),
        BytesView(
            "PUT /kv/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")}) {
    RawClient client = connect();
    client.send(garbage);
    client.end_sending();
    const auto reply = client.read();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 400);
    EXPECT_TRUE(client.read_close());
  }
  EXPECT_TRUE(clients_.puts().empty());
  expect_alive();
}

TEST_F(ServerTest, SurvivesMutatedRequests) {
  start();
  std::mt19937 random(5);
  const std::string good = put("k", "value", "If-Match: \"a\"\r\nAccept: */*\r\n") +
                           "PUT /kv/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
                           get("/kv/k?r=1");
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    for (std::size_t i = 1 + random() % 4; i > 0; --i) bad[random() % bad.size()] = static_cast<char>(random());
    RawClient client = connect();
    client.send(bad);
    client.end_sending();
    while (client.read()) {
    }
    ASSERT_TRUE(client.read_close()) << bad;
  }
  expect_alive();
}

TEST_F(ServerTest, DropsAWriteThatIsCutShort) {
  start();
  for (const BytesView cut : {"PUT /kv/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                              "PUT /kv/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n",
                              "PUT /kv/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", "PUT /kv/k HT"}) {
    RawClient client = connect();
    client.send(cut);
    client.end_sending();
    EXPECT_TRUE(client.read_close()) << cut;
  }
  EXPECT_TRUE(clients_.puts().empty());
}

TEST_F(ServerTest, AnswersAClientThatHasStoppedSending) {
  start();
  RawClient client = connect();
  client.send(put("k", "v") + get("/kv/k"));
  client.end_sending();
  EXPECT_EQ(client.read()->status, 204);
  EXPECT_EQ(client.read()->body, "v");
  EXPECT_TRUE(client.read_close());
}

TEST_F(ServerTest, EndsHeadsThatStall) {
  start("header_timeout", Duration(100ms));
  RawClient client = connect();
  client.send("GET /health HTTP/1.1\r\nX-Slow: ");
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
  EXPECT_TRUE(client.read_close());
}

TEST_F(ServerTest, EndsSlowBodies) {
  start("body_timeout", Duration(100ms));
  RawClient client = connect();
  client.send("PUT /kv/k HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 408);
  EXPECT_TRUE(client.read_close());
  EXPECT_TRUE(clients_.puts().empty());
}

TEST_F(ServerTest, ClosesIdleConnectionsWithoutAWord) {
  start("idle_timeout", Duration(100ms));
  RawClient fresh = connect();
  RawClient used = connect();
  EXPECT_EQ(ask(used, get("/health")).status, 200);
  EXPECT_TRUE(fresh.read_close());
  EXPECT_TRUE(used.read_close());
}

TEST_F(ServerTest, DoesNotCallAWaitingConnectionIdle) {
  start("idle_timeout", Duration(50ms));
  clients_.hold("slow");
  RawClient client = connect();
  client.send(get("/kv/slow"));
  RawClient idle = connect();
  EXPECT_TRUE(idle.read_close()) << "by now the other has waited as long";
  clients_.release();
  EXPECT_EQ(client.read()->status, 404);
}

TEST_F(ServerTest, BoundsTheNumberOfConnections) {
  start("max_connections", std::int64_t{2});
  std::vector<RawClient> served;
  for (int i = 0; i < 2; ++i) {
    served.push_back(connect());
    EXPECT_EQ(ask(served.back(), get("/health")).status, 200);
  }
  RawClient excess = connect();
  const auto reply = excess.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_TRUE(excess.read_close());
  served.pop_back();
  for (bool again = true; again;) {  // until the server has noticed that one left
    RawClient next = connect();
    next.send(get("/health"));
    const auto answer = next.read();
    ASSERT_TRUE(answer);
    again = answer->status == 503;
  }
}

TEST_F(ServerTest, ForgetsClientsThatLeave) {
  start();
  clients_.hold("k");
  {
    RawClient client = connect();
    client.send(get("/kv/k"));
    while (clients_.held() == 0) std::this_thread::yield();
  }
  expect_alive();
  clients_.release();
  expect_alive();
}

TEST_F(ServerTest, FinishesWhatIsUnderWayWhenItStops) {
  start();
  clients_.hold("k");
  RawClient busy = connect();
  RawClient idle = connect();
  EXPECT_EQ(ask(idle, get("/health")).status, 200);
  busy.send(get("/kv/k"));
  while (clients_.held() == 0) std::this_thread::yield();
  const std::string address = server_->address();
  auto stopping = std::async(std::launch::async, [&] { server_->stop(); });
  EXPECT_TRUE(idle.read_close());
  clients_.release();
  const auto reply = busy.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 404);
  EXPECT_EQ(reply->header("connection"), "close");
  EXPECT_TRUE(busy.read_close());
  stopping.get();
  EXPECT_FALSE(RawClient(address).connected());
  server_->stop();
}

TEST_F(ServerTest, StopsEvenIfTheKernelDoesNotAnswer) {
  start();
  clients_.hold("k");
  RawClient client = connect();
  client.send(get("/kv/k"));
  while (clients_.held() == 0) std::this_thread::yield();
  server_->stop();
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503) << "the request is told so, not cut off";
  EXPECT_TRUE(client.read_close());
  server_.reset();
  clients_.release();
  host_.run_on(0, [] {});
  host_.run_on(1, [] {});
}

TEST_F(ServerTest, StopsBeforeItStarted) {
  Status why;
  make(host_, default_options(), why)->stop();
}

TEST_F(ServerTest, SaysWhyItCannotStart) {
  start();
  Status why;
  auto second = make(host_, default_options(), why);
  EXPECT_EQ(second->start(server_->address(), &clients_, nullptr).code(), Code::unavailable);
  EXPECT_THAT(second->start(server_->address(), &clients_, nullptr).message(), HasSubstr(server_->address()));
  EXPECT_EQ(second->start("nonsense", &clients_, nullptr).code(), Code::invalid_argument);
  EXPECT_EQ(second->start("127.0.0.1:port", &clients_, nullptr).code(), Code::invalid_argument);
  EXPECT_EQ(second->start("127.0.0.1:0", nullptr, nullptr).code(), Code::invalid_argument);
  EXPECT_TRUE(second->start("127.0.0.1:0", &clients_, nullptr).is_ok());
  second->stop();
}

TEST_F(ServerTest, RefusesOptionsThatCannotBe) {
  const std::pair<std::string, Config::Value> bad[] = {{"max_connections", std::int64_t{0}},
                                                       {"max_pipeline", std::int64_t{0}},
                                                       {"max_header_bytes", std::int64_t{10}},
                                                       {"idle_timeout", Duration(0)}};
  for (const auto& [key, value] : bad) {
    Options options = default_options();
    options[key] = value;
    Status why;
    EXPECT_FALSE(make(host_, options, why));
    EXPECT_THAT(why.message(), HasSubstr(key));
  }
}

TEST_F(ServerTest, CarriesNoFrames) {
  start();
  std::promise<Code> answered;
  bool inside = true;
  host_.run_on(1, [&] {
    server_->call("127.0.0.1:1", std::make_shared<const Bytes>("x"), host_.now() + 1s,
                  [&](const Result<Frame>& result) {
                    EXPECT_FALSE(inside);
                    answered.set_value(result.status().code());
                  });
    inside = false;
  });
  EXPECT_EQ(answered.get_future().get(), Code::unimplemented);
}

TEST_F(ServerTest, DescribesItself) {
  EXPECT_STREQ(stator_plugin.name, "http");
  EXPECT_STREQ(stator_plugin.interface_id, Transport::kInterfaceId);
  EXPECT_STREQ(stator_plugin.capabilities, "clients");
  std::size_t options = 0;
  while (stator_plugin.options[options].key != nullptr)
    EXPECT_TRUE(default_options().contains(stator_plugin.options[options++].key));
  EXPECT_EQ(options, default_options().size());
}

}  // namespace
}  // namespace stator::http
