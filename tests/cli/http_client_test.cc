#include "cli/http_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

#include "tests/cli/fake_node.h"

namespace stator::cli {
namespace {

using namespace std::chrono_literals;

TEST(HttpClient, SendsWhatItIsGivenAndReturnsTheAnswerByteForByte) {
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) {
    bytes += static_cast<char>(i * 7);
  }
  FakeNode node(
      [&](const FakeNode::Request& request) { return answer(200, request.body, "X-Stator-Context: c1\r\n"); });
  const auto response =
      fetch(node.endpoint(),
            {.method = "PUT", .target = "/kv/a?w=2", .headers = {{"Content-Type", "text/plain"}}, .body = bytes});
  ASSERT_TRUE(response.is_ok()) << response.status().text();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, bytes);
  EXPECT_EQ(response->header("x-stator-context"), "c1");
  EXPECT_EQ(response->header("missing"), "");
  const auto request = node.requests().front();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/kv/a?w=2");
  EXPECT_EQ(request.body, bytes);
  EXPECT_NE(request.head.find("Host: " + node.endpoint().authority() + "\r\n"), std::string::npos);
  EXPECT_NE(request.head.find("Content-Type: text/plain\r\n"), std::string::npos);
}

TEST(HttpClient, AnEmptyPutHasALength) {
  FakeNode node([](const FakeNode::Request&) { return answer(204, ""); });
  ASSERT_TRUE(fetch(node.endpoint(), {.method = "PUT", .target = "/kv/a"}).is_ok());
  EXPECT_NE(node.requests().front().head.find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(HttpClient, RefusalsAreAnswers) {
  FakeNode node([](const FakeNode::Request&) { return answer(503, "{}"); });
  const auto response = fetch(node.endpoint(), {});
  ASSERT_TRUE(response.is_ok());
  EXPECT_EQ(response->status, 503);
}

TEST(HttpClient, ReadsChunks) {
  FakeNode node([](const FakeNode::Request&) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  });
  EXPECT_EQ(fetch(node.endpoint(), {})->body, "abcde");
}

TEST(HttpClient, NobodyThereIsUnavailable) {
  Endpoint gone;
  {
    FakeNode node([](const FakeNode::Request&) { return ""; });
    gone = node.endpoint();
  }
  const auto response = fetch(gone, {});
  ASSERT_FALSE(response.is_ok());
  EXPECT_EQ(response.status().code(), Code::unavailable);
  EXPECT_NE(response.status().message().find(gone.text()), std::string::npos);
}

TEST(HttpClient, HangingUpIsUnavailable) {
  FakeNode node([](const FakeNode::Request&) { return ""; });
  EXPECT_EQ(fetch(node.endpoint(), {}).status().code(), Code::unavailable);
}

TEST(HttpClient, SilenceEndsAtTheTimeout) {
  std::promise<void> given_up;
  FakeNode node([wait = given_up.get_future().share()](const FakeNode::Request&) {
    wait.wait();
    return answer(200, "");
  });
  const auto response = fetch(node.endpoint(), {}, 50ms);
  given_up.set_value();
  ASSERT_FALSE(response.is_ok());
  EXPECT_EQ(response.status().code(), Code::deadline_exceeded);
}

TEST(HttpClient, GrpcIsNotItsLanguage) {
  EXPECT_EQ(fetch({"grpc", "127.0.0.1", "1"}, {}).status().code(), Code::invalid_argument);
}

}  // namespace
}  // namespace stator::cli
