// What clients get: JSON forms, heads, and the order of replies.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "envelope.h"
#include "reply_queue.h"
#include "response.h"

namespace stator::http {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const Actor kA{"node-a", Stamp::from_millis(10)};
const Actor kA2{"node-a", Stamp::from_millis(20)};
const Actor kB{"node \"b\"", Stamp::from_millis(5)};

Version version(Actor actor, std::uint64_t counter, std::uint64_t millis, Bytes value) {
  Version made;
  made.dot = {std::move(actor), counter};
  made.stamp = Stamp::from_millis(millis);
  made.value = std::move(value);
  return made;
}

GetResult two_siblings() {
  GetResult result;
  result.found = true;
  result.siblings = {version(kA, 3, 1700, "one"), version(kB, 1, 1800, "")};
  result.siblings[1].tombstone = true;
  result.resolved.winner = 0;
  result.resolved.resolved_by = "LWW";
  result.context = "tok";
  return result;
}

json json_of(const GetResult& result) {
  Bytes out;
  append_get_json(result, out);
  return json::parse(out);
}

TEST(Envelope, ShowsASingleVersionWithTheWholeClock) {
  GetResult result;
  result.found = true;
  result.siblings = {version(kA2, 2, 1700, "hello")};
  result.resolved.winner = 0;
  result.context = "tok";
  result.clock.add({kA, 7});
  result.clock.add({kA2, 2});
  result.clock.add({kB, 1});
  EXPECT_EQ(json_of(result), json::parse(R"({"found":true,"valueBase64":"aGVsbG8=",
    "vectorClock":{"node-a":7,"node-a#2":2,"node \"b\"":1},"context":"tok"})"));
}

TEST(Envelope, ShowsSiblingsAndWhatTheResolverMakesOfThem) {
  EXPECT_EQ(json_of(two_siblings()), json::parse(R"({"found":true,"siblings":[
      {"valueBase64":"b25l","vectorClock":{"node-a":3},"lwwMillis":1700},
      {"valueBase64":null,"vectorClock":{"node \"b\"":1},"lwwMillis":1800,"tombstone":true}],
    "resolved":{"valueBase64":"b25l","resolvedBy":"LWW"},"context":"tok"})"));
}

TEST(Envelope, ShowsARemovalThatWon) {
  GetResult result = two_siblings();
  result.resolved.winner = 1;
  EXPECT_EQ(json_of(result)["resolved"], json::parse(R"({"valueBase64":null,"tombstone":true,"resolvedBy":"LWW"})"));
  EXPECT_EQ(shown_value(result), nullptr);
}

TEST(Envelope, ShowsThatNothingWasPicked) {
  GetResult result = two_siblings();
  result.siblings[0].content_type = "text/plain";
  result.resolved = {};
  result.resolved.unresolved = true;
  EXPECT_EQ(json_of(result), json::parse(R"({"found":true,"siblings":[
      {"valueBase64":"b25l","vectorClock":{"node-a":3},"lwwMillis":1700,"contentType":"text/plain"},
      {"valueBase64":null,"vectorClock":{"node \"b\"":1},"lwwMillis":1800,"tombstone":true}],
    "resolved":null,"context":"tok"})"));
  EXPECT_EQ(shown_value(result), nullptr);
  EXPECT_EQ(shown_content_type(result), "text/plain") << "decides in which form the answer is given";
}

TEST(Envelope, ShowsAValueThatTheResolverMade) {
  GetResult result = two_siblings();
  result.resolved.winner.reset();
  result.resolved.value = "made";
  result.resolved.content_type = "text/plain";
  EXPECT_EQ(json_of(result)["resolved"]["valueBase64"], "bWFkZQ==");
  EXPECT_EQ(*shown_value(result), "made");
  EXPECT_EQ(shown_content_type(result), "text/plain");
}

TEST(Envelope, SaysOfWhatIsGoneOnlyThat) {
  GetResult result;
  EXPECT_EQ(json_of(result), json::parse(R"({"found":false})"));
  result.context = "tok";
  EXPECT_EQ(json_of(result), json::parse(R"({"found":false})")) << "the context is in the header alone";
}

TEST(Envelope, TellsWhatAWriteDid) {
  PutResult result;
  result.context = "tok";
  result.clock.add({kA, 2});
  result.stamp = Stamp::from_millis(1728000000000);
  Bytes out;
  append_put_json(result, out);
  EXPECT_EQ(json::parse(out), json::parse(R"({"ok":true,"tombstone":false,"vectorClock":{"node-a":2},
    "lwwMillis":1728000000000,"context":"tok"})"));
  result.tombstone = true;
  out.clear();
  append_put_json(result, out);
  EXPECT_EQ(json::parse(out)["tombstone"], true);
}

TEST(Refusals, HaveTheNamesOfTheContract) {
  const auto row = [](Code code, std::optional<int> required = {}) {
    const Refusal refusal = refusal_of({Status(code, "m"), required, required});
    return std::to_string(refusal.status) + " " + std::string(refusal.name);
  };
  EXPECT_EQ(row(Code::invalid_argument), "400 invalid_argument");
  EXPECT_EQ(row(Code::not_found), "404 not_found");
  EXPECT_EQ(row(Code::conflict), "409 too_many_siblings");
  EXPECT_EQ(row(Code::failed_precondition), "412 precondition_failed");
  EXPECT_EQ(row(Code::too_large), "413 too_large");
  EXPECT_EQ(row(Code::resource_exhausted), "429 resource_exhausted");
  EXPECT_EQ(row(Code::unimplemented), "501 unimplemented");
  EXPECT_EQ(row(Code::unavailable), "503 unavailable");
  EXPECT_EQ(row(Code::unavailable, 2), "503 quorum_not_reached");
  EXPECT_EQ(row(Code::deadline_exceeded), "504 deadline_exceeded");
  EXPECT_EQ(row(Code::storage_full), "507 storage_full");
  EXPECT_EQ(row(Code::internal), "500 internal");
  EXPECT_EQ(row(Code::data_loss), "500 data_loss");
}

TEST(Refusals, AreJsonWithTheCounts) {
  Bytes out;
  append_refusal_json(refusal_of({Status(Code::unavailable, "1 of 2\n"), 2, 1}), out);
  EXPECT_EQ(json::parse(out),
            json::parse(R"({"error":"quorum_not_reached","message":"1 of 2\n","required":2,"acked":1})"));
}

TEST(ResponseHead, CarriesWhatClientsNeed) {
  Bytes out;
  append_response({.content_type = "text/plain", .context = "tok", .siblings = 2, .body = "world"}, {.date = "D"}, out);
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-Stator-Context: tok\r\n"
            "ETag: \"tok\"\r\nX-Stator-Siblings: 2\r\n\r\nworld");
}

TEST(ResponseHead, HasNoBodyWhereThereIsNone) {
  Bytes out;
  append_response({.status = 204, .context = "tok"}, {.date = "D"}, out);
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: D\r\nX-Stator-Context: tok\r\nETag: \"tok\"\r\n\r\n");
  out.clear();
  append_response({.content_type = "a/b", .body = "12345"}, {.head_only = true, .date = "D"}, out);
  EXPECT_THAT(out, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(out, Not(HasSubstr("12345")));
}

TEST(ResponseHead, SaysHowTheConnectionGoesOn) {
  const auto head = [](const Framing& framing) {
    Bytes out;
    append_response({.content_type = "a/b"}, framing, out);
    return out;
  };
  EXPECT_THAT(head({.date = "D"}), Not(HasSubstr("Connection")));
  EXPECT_THAT(head({.close = true, .date = "D"}), HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(head({.http10 = true, .date = "D"}), HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(head({.http10 = true, .close = true, .date = "D"}), HasSubstr("Connection: close\r\n"));
}

TEST(ResponseHead, CannotBeSplitByAStoredContentType) {
  Bytes out;
  append_response({.content_type = "a/b\r\nEvil: yes", .body = ""}, {.date = "D"}, out);
  EXPECT_THAT(out, Not(HasSubstr("Evil")));
  EXPECT_THAT(out, HasSubstr("Content-Type: application/octet-stream\r\n"));
}

TEST(ResponseHead, CarriesWhatTheStatusAsksFor) {
  Bytes out;
  append_refusal({405, "method_not_allowed", "m", "GET, HEAD", {}, {}}, {.date = "D"}, out);
  EXPECT_THAT(out, HasSubstr("Allow: GET, HEAD\r\n"));
  out.clear();
  append_refusal({429, "resource_exhausted", "m", {}, {}, {}}, {.date = "D"}, out);
  EXPECT_THAT(out, HasSubstr("Retry-After: 1\r\n"));
}

TEST(HttpDate, IsAnImfFixdate) {
  EXPECT_EQ(http_date(784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

/// The output of four replies that become ready in this order.
template <typename Queue>
Bytes output_of(const std::array<int, 4>& order) {
  Queue replies;
  std::array<ReplyQueue::Ticket, 4> tickets{};
  for (auto& ticket : tickets) ticket = replies.open({});
  for (const int i : order) {
    const auto ticket = tickets[static_cast<std::size_t>(i)];
    replies.buffer(ticket) += "<" + std::to_string(i);
    replies.buffer(ticket) += ">";
    replies.finish(ticket);
  }
  return replies.output();
}

/// In how many of all orders the replies come out wrong.
template <typename Queue>
int wrong_orders() {
  std::array<int, 4> order{0, 1, 2, 3};
  int wrong = 0;
  do {
    if (output_of<Queue>(order) != "<0><1><2><3>") ++wrong;
  } while (std::next_permutation(order.begin(), order.end()));
  return wrong;
}

/// Sends whatever is ready first.
class HastyQueue {
 public:
  ReplyQueue::Ticket open(const Exchange& /*exchange*/) { return next_++; }
  Bytes& buffer(ReplyQueue::Ticket /*ticket*/) { return output_; }
  void finish(ReplyQueue::Ticket /*ticket*/) {}
  const Bytes& output() const { return output_; }

 private:
  ReplyQueue::Ticket next_ = 0;
  Bytes output_;
};

TEST(ReplyQueue, LetsRepliesLeaveInTheOrderOfTheirRequests) { EXPECT_EQ(wrong_orders<ReplyQueue>(), 0); }

TEST(ReplyQueue, LiarThatSendsWhatIsReadyIsCaught) { EXPECT_EQ(wrong_orders<HastyQueue>(), 23); }

TEST(ReplyQueue, KnowsWhichReplyIsTheLast) {
  ReplyQueue replies;
  const auto first = replies.open({});
  EXPECT_TRUE(replies.is_last(first));
  const auto second = replies.open({});
  EXPECT_FALSE(replies.is_last(first));
  EXPECT_TRUE(replies.is_last(second));
  replies.finish(second);
  EXPECT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies.first(), first);
  replies.finish(first);
  EXPECT_TRUE(replies.empty());
}

}  // namespace
}  // namespace stator::http
