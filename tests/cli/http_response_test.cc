#include "cli/bench/http_response.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace stator::cli {
namespace {

using State = HttpResponseScanner::State;

const std::string kValue = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
const std::string kNoContent = "HTTP/1.1 204 No Content\r\nETag: \"x\"\r\n\r\n";
const std::string kContinued = "HTTP/1.1 100 Continue\r\n\r\n" + kValue;

State scan_all(HttpResponseScanner& scanner, const std::string& bytes) {
  std::size_t consumed = 0;
  const State state = scanner.scan(bytes, consumed);
  EXPECT_EQ(consumed, bytes.size());
  return state;
}

TEST(HttpResponse, ReadsWholeResponsesOneAfterTheOther) {
  HttpResponseScanner scanner;
  EXPECT_EQ(scan_all(scanner, kValue), State::complete);
  EXPECT_EQ(scanner.status(), 200);
  EXPECT_EQ(scan_all(scanner, kNoContent), State::complete);
  EXPECT_EQ(scanner.status(), 204);
  EXPECT_EQ(scan_all(scanner, kContinued), State::complete);
  EXPECT_EQ(scanner.status(), 200);
}

TEST(HttpResponse, StopsWhereTheNextOneBegins) {
  HttpResponseScanner scanner;
  std::size_t consumed = 0;
  EXPECT_EQ(scanner.scan(kValue + kNoContent, consumed), State::complete);
  EXPECT_EQ(consumed, kValue.size());
}

RC_GTEST_PROP(HttpResponse, DoesNotCareHowItIsCut, ()) {
  const std::string bytes = *rc::gen::element(kValue, kNoContent, kContinued);
  HttpResponseScanner scanner;
  std::size_t at = 0;
  State state = State::incomplete;
  while (at < bytes.size()) {
    RC_ASSERT(state == State::incomplete);
    const std::size_t count = *rc::gen::inRange<std::size_t>(1, bytes.size() - at + 1);
    std::size_t consumed = 0;
    state = scanner.scan(bytes.substr(at, count), consumed);
    RC_ASSERT(consumed == count);
    at += count;
  }
  RC_ASSERT(state == State::complete);
  RC_ASSERT(scanner.status() == (bytes == kNoContent ? 204 : 200));
}

RC_GTEST_PROP(HttpResponse, BearsAnyBytes, (const std::string& bytes)) {
  HttpResponseScanner scanner;
  std::size_t consumed = 0;
  scanner.scan("HTTP/1.1 200 OK\r\nContent-Length: " + bytes + "\r\n\r\n" + bytes, consumed);
  scanner.reset();
  scanner.scan(bytes, consumed);
}

TEST(HttpResponse, KnowsWhenTheConnectionEnds) {
  HttpResponseScanner scanner;
  scan_all(scanner, "HTTP/1.1 200 OK\r\nconnection: Close\r\ncontent-length: 0\r\n\r\n");
  EXPECT_FALSE(scanner.keeps_alive());
  scan_all(scanner, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(scanner.keeps_alive());
  scan_all(scanner, kValue);
  EXPECT_TRUE(scanner.keeps_alive());
}

TEST(HttpResponse, RefusesWhatItCannotFindTheEndOf) {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n"}) {
    HttpResponseScanner scanner;
    std::size_t consumed = 0;
    EXPECT_EQ(scanner.scan(bytes, consumed), State::malformed) << bytes;
  }
  HttpResponseScanner scanner;
  std::size_t consumed = 0;
  EXPECT_EQ(scanner.scan(std::string(100'000, 'x'), consumed), State::malformed);
}

}  // namespace
}  // namespace stator::cli
