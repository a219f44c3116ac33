// One connection's HTTP without a socket: both conversations, pipelining, early refusals, draining.

#include "conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "map_clients.h"
#include "reply_reader.h"
#include "stator/testing/loop_host.h"

namespace stator::http {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ConversationTest : public ::testing::Test {
 protected:
  ConversationTest() { restart(); }
  ~ConversationTest() override { talk_->abandon(); }

  void restart() {
    if (talk_) talk_->abandon();
    sent_.clear();
    talk_ =
        std::make_shared<Conversation>(Surroundings{host_, clients_, limits_, date_, scratch_}, [this] { ++wakes_; });
  }

  /// Offers input until nothing moves, as a connection does; what was not taken stays in unread_.
  void send(BytesView bytes) {
    unread_ += bytes;
    for (bool moved = true; moved;) {
      const std::size_t taken = talk_->receive(unread_);
      unread_.erase(0, taken);
      moved = run_answers() || taken > 0;
      sent_ += std::exchange(talk_->output(), {});
    }
  }
  bool run_answers() {
    const bool any = !answers_.empty();
    for (Task& answer : std::exchange(answers_, {})) answer();
    return any;
  }
  Reply reply(bool to_head = false) {
    send("");
    auto taken = take_reply(sent_, to_head);
    EXPECT_TRUE(taken) << "what there is: " << sent_;
    return taken.value_or(Reply());
  }
  Reply ask(const std::string& line, const std::string& headers = "", BytesView body = {}) {
    const std::string length = body.data() == nullptr ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
    send(line + " HTTP/1.1\r\nHost: x\r\n" + headers + length + "\r\n" + Bytes(body));
    return reply(line.starts_with("HEAD"));
  }

  testing::LoopHost host_;
  std::vector<Task> answers_;
  MapClients clients_{[this](Task task) { answers_.push_back(std::move(task)); }};
  Limits limits_;
  const std::string date_ = "now";
  Bytes scratch_;
  std::shared_ptr<Conversation> talk_;
  int wakes_ = 0;
  Bytes unread_;
  Bytes sent_;
};

constexpr const char* kJsonType = "Content-Type: application/json\r\n";

TEST_F(ConversationTest, HoldsTheJsonConversation) {
  const Reply put = ask("PUT /kv/user:1", kJsonType, R"({"valueBase64":"aGVsbG8=","nodeId":"node-a"})");
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(put.header("content-type"), "application/json");
  EXPECT_EQ(
      json::parse(put.body),
      json::parse(
          R"({"ok":true,"tombstone":false,"vectorClock":{"node-a":1},"lwwMillis":1728000000001,"context":"tok1"})"));
  const Reply get = ask("GET /kv/user:1", "Accept: */*\r\n");
  EXPECT_EQ(get.status, 200);
  EXPECT_EQ(json::parse(get.body),
            json::parse(R"({"found":true,"valueBase64":"aGVsbG8=","vectorClock":{"node-a":1},"context":"tok1"})"));
  const Reply removal = ask("DELETE /kv/user:1", kJsonType, "{}");
  EXPECT_EQ(removal.status, 200);
  EXPECT_EQ(json::parse(removal.body)["tombstone"], true);
  const Reply gone = ask("GET /kv/user:1");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(json::parse(gone.body), json::parse(R"({"found":false})"));
  EXPECT_EQ(json::parse(ask("GET /kv/never").body), json::parse(R"({"found":false})"));
}

TEST_F(ConversationTest, HoldsThePlainConversation) {
  const Reply put = ask("PUT /kv/hello", "Content-Type: application/x-www-form-urlencoded\r\n", "world");
  EXPECT_EQ(put.status, 204);
  EXPECT_EQ(put.header("x-stator-context"), "tok1");
  EXPECT_EQ(put.header("etag"), "\"tok1\"");
  EXPECT_FALSE(put.headers.contains("content-length"));
  const Reply get = ask("GET /kv/hello", "Accept: */*\r\n");
  EXPECT_EQ(get.status, 200);
  EXPECT_EQ(get.body, "world");
  EXPECT_EQ(get.header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(get.header("etag"), "\"tok1\"");
  EXPECT_EQ(ask("DELETE /kv/hello").status, 204);
  EXPECT_EQ(ask("GET /kv/hello").status, 404);
  EXPECT_EQ(ask("DELETE /kv/never").status, 204);
}

TEST_F(ConversationTest, GivesEachFormOfEachValue) {
  ask("PUT /kv/plain", "", "world");
  ask("PUT /kv/json", kJsonType, R"({"valueBase64":"aGVsbG8="})");
  EXPECT_EQ(json::parse(ask("GET /kv/plain", "Accept: application/json\r\n").body)["valueBase64"], "d29ybGQ=");
  EXPECT_EQ(ask("GET /kv/json", "Accept: application/octet-stream\r\n").body, "hello");
  EXPECT_EQ(ask("GET /kv/json?raw=true").body, "hello");
  EXPECT_EQ(ask("GET /kv/json?raw=true").header("content-type"), "application/octet-stream");
  EXPECT_EQ(ask("PUT /kv/doc?raw=true", kJsonType, "[1]").status, 204);
  EXPECT_EQ(ask("GET /kv/doc").body, "[1]");
  EXPECT_EQ(ask("GET /kv/doc").header("content-type"), "application/json");
  EXPECT_EQ(ask("PUT /kv/empty", "", "").status, 204);
  EXPECT_EQ(ask("GET /kv/empty").header("content-length"), "0");
}

TEST_F(ConversationTest, GivesValuesBackByteForByte) {
  Bytes all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  all += "\r\n\r\nHTTP/1.1 200 OK\r\n";
  ask("PUT /kv/all", "Content-Type: a/b; c=\"d\"\r\n", all);
  const Reply get = ask("GET /kv/all");
  EXPECT_EQ(get.body, all);
  EXPECT_EQ(get.header("content-type"), "a/b; c=\"d\"");
}

TEST_F(ConversationTest, ShowsSiblings) {
  ask("PUT /kv/k", "", "one");
  ask("PUT /kv/k", "X-Stator-Context: stale\r\n", "two");
  const Reply bytes = ask("GET /kv/k");
  EXPECT_EQ(bytes.body, "two");
  EXPECT_EQ(bytes.header("x-stator-siblings"), "2");
  const json shown = json::parse(ask("GET /kv/k", "Accept: application/json\r\n").body);
  EXPECT_EQ(shown["siblings"].size(), 2u);
  EXPECT_EQ(shown["siblings"][0]["vectorClock"], json::parse(R"({"node-a":1})"));
  EXPECT_EQ(shown["resolved"], json::parse(R"({"valueBase64":"dHdv","resolvedBy":"LWW"})"));
  ask("DELETE /kv/k", "X-Stator-Context: stale\r\n");
  EXPECT_EQ(ask("GET /kv/k").status, 404) << "the removal won";
  EXPECT_EQ(ask("GET /kv/k").header("x-stator-siblings"), "3");
  EXPECT_EQ(json::parse(ask("GET /kv/k", "Accept: application/json\r\n").body)["resolved"]["valueBase64"], nullptr);
}

TEST_F(ConversationTest, GivesAllToChooseFromWhereNothingIsPicked) {
  clients_.pick_nothing();
  ask("PUT /kv/k", "Content-Type: text/plain\r\n", "one");
  EXPECT_EQ(ask("GET /kv/k").body, "one");
  ask("PUT /kv/k", "Content-Type: text/plain\r\nX-Stator-Context: stale\r\n", "two");
  const Reply bytes = ask("GET /kv/k");
  EXPECT_EQ(bytes.status, 300);
  EXPECT_EQ(bytes.header("content-type"), "application/json");
  EXPECT_EQ(bytes.header("x-stator-siblings"), "2");
  EXPECT_EQ(bytes.header("x-stator-context"), "tok2");
  const json all = json::parse(bytes.body);
  EXPECT_EQ(all["siblings"][1]["valueBase64"], "dHdv");
  EXPECT_EQ(all["siblings"][1]["contentType"], "text/plain");
  const Reply envelope = ask("GET /kv/k", "Accept: application/json\r\n");
  EXPECT_EQ(envelope.status, 200) << "it asked for all there is";
  EXPECT_EQ(envelope.body, bytes.body);
  EXPECT_EQ(ask("GET /kv/k", "If-None-Match: \"tok2\"\r\n").status, 304);
  EXPECT_EQ(ask("HEAD /kv/k").status, 300);
  ask("DELETE /kv/k", "X-Stator-Context: stale\r\n");
  EXPECT_EQ(ask("GET /kv/k").status, 300) << "a removal is one of the choices";
  ask("PUT /kv/k", "X-Stator-Context: tok3\r\n", "both");
  EXPECT_EQ(ask("GET /kv/k").body, "both");
}

TEST_F(ConversationTest, KeepsPreconditions) {
  EXPECT_EQ(ask("PUT /kv/k", "If-None-Match: *\r\n", "one").status, 204);
  const Reply again = ask("PUT /kv/k", "If-None-Match: *\r\n", "two");
  EXPECT_EQ(again.status, 412);
  EXPECT_EQ(json::parse(again.body)["error"], "precondition_failed");
  EXPECT_EQ(ask("PUT /kv/k", "If-Match: \"stale\"\r\n", "two").status, 412);
  EXPECT_EQ(ask("PUT /kv/k", "If-Match: \"tok1\"\r\n", "two").status, 204);
  EXPECT_EQ(ask("GET /kv/k", "If-None-Match: \"tok2\"\r\n").status, 304);
  EXPECT_EQ(ask("GET /kv/k", "If-None-Match: \"tok1\"\r\n").status, 200);
  EXPECT_EQ(ask("DELETE /kv/k", "If-Match: \"tok2\"\r\n").status, 204);
}

TEST_F(ConversationTest, AnswersHeadWithTheHeadOfGet) {
  ask("PUT /kv/k", "", "world");
  const Reply get = ask("GET /kv/k");
  const Reply head = ask("HEAD /kv/k");
  EXPECT_EQ(head.headers, get.headers);
  EXPECT_EQ(sent_, "") << "no body";
  EXPECT_EQ(ask("HEAD /kv/never").status, 404);
  EXPECT_EQ(ask("HEAD /health").header("content-length"), "3");
  EXPECT_EQ(sent_, "");
}

TEST_F(ConversationTest, ServesThePages) {
  EXPECT_EQ(ask("GET /health").body, "ok\n");
  for (const std::string page : {"health", "ring", "keyspaces", "plugins"}) {
    const Reply shown = ask("GET /admin/" + page);
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(json::parse(shown.body)["page"], page);
  }
  for (const std::string page : {"hints", "ae", "persist"})
    EXPECT_EQ(json::parse(ask("GET /debug/" + page).body)["page"], page);
  EXPECT_EQ(ask("GET /metrics").body, "stator_up 1\n");
  EXPECT_EQ(ask("GET /debug/siblings/k").status, 404);
  ask("PUT /ks/carts/kv/k", "", "v");
  EXPECT_EQ(json::parse(ask("GET /ks/carts/debug/siblings/k").body)["keyspace"], "carts");
}

TEST_F(ConversationTest, PassesOnWhatTheRequestSays) {
  ask("PUT /ks/carts/kv/a%2Fb?w=3&ttl_ms=500&timeout_ms=60000",
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n", "v");
  const PutRequest put = clients_.puts().at(0);
  EXPECT_EQ(put.head.keyspace, "carts");
  EXPECT_EQ(put.head.key, "a/b");
  EXPECT_EQ(put.head.quorum, 3);
  EXPECT_EQ(put.ttl, std::chrono::milliseconds(500));
  EXPECT_EQ(put.head.trace_id, "0af7651916cd43dd8448eb211c80319c");
  ASSERT_TRUE(put.head.deadline);
  EXPECT_GT(*put.head.deadline, host_.now());
  ask("GET /kv/a?r=1&w=3&consistency=one");
  EXPECT_EQ(clients_.gets().at(0).quorum, 1);
  EXPECT_EQ(clients_.gets().at(0).consistency, Consistency::one);
  EXPECT_FALSE(clients_.gets().at(0).deadline);
}

TEST_F(ConversationTest, APostIsAnOperation) {
  const Reply done = ask("POST /ks/carts/kv/cart?w=3&ttl_ms=500", "X-Stator-Context: tok0\r\n",
                         R"({"op":"add","element":"milk","opId":"7","nodeId":"node-a"})");
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(json::parse(done.body)["context"], "tok1");
  const PutRequest asked = clients_.puts().at(0);
  EXPECT_EQ(asked.operation, (Operation{"add", R"({"op":"add","element":"milk"})"}));
  EXPECT_EQ(asked.head.quorum, 3);
  EXPECT_EQ(asked.ttl, std::chrono::milliseconds(500));
  EXPECT_EQ(asked.context, "tok0");
  EXPECT_EQ(asked.claimed_node, "node-a");
  EXPECT_TRUE(asked.op_id);
  EXPECT_FALSE(asked.remove);
  EXPECT_EQ(ask("POST /kv/cart", kJsonType, R"({"element":"milk"})").status, 400) << "no op";
  EXPECT_EQ(ask("POST /kv/cart", "", "").status, 400);
}

TEST_F(ConversationTest, ShowsWhatADataTypeShows) {
  ask("POST /kv/cart", "", R"({"op":"add","element":"milk"})");
  clients_.show(R"(["milk"])");
  const Reply shown = ask("GET /kv/cart");
  EXPECT_EQ(json::parse(shown.body),
            json::parse(R"({"found":true,"value":["milk"],"vectorClock":{"node-a":1},"context":"tok1"})"));
  EXPECT_EQ(ask("GET /kv/cart", "Accept: application/json\r\n").body, shown.body);
  for (const Reply& bare :
       {ask("GET /kv/cart?raw=true"), ask("GET /kv/cart", "Accept: application/octet-stream\r\n")}) {
    EXPECT_EQ(bare.body, R"(["milk"])");
    EXPECT_EQ(bare.header("content-type"), "application/json");
    EXPECT_EQ(bare.header("x-stator-context"), "tok1");
    EXPECT_FALSE(bare.headers.contains("x-stator-siblings"));
  }
}

TEST_F(ConversationTest, TellsFailures) {
  clients_.fail("k", {Status(Code::unavailable, "1 of 2 replicas"), 2, 1});
  const Reply reply = ask("GET /kv/k");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(json::parse(reply.body),
            json::parse(R"({"error":"quorum_not_reached","message":"1 of 2 replicas","required":2,"acked":1})"));
  clients_.fail("shed", {Status(Code::resource_exhausted, "busy"), {}, {}});
  EXPECT_EQ(ask("PUT /kv/shed", "", "v").header("retry-after"), "1");
  EXPECT_EQ(ask("PATCH /kv/k", "", "v").header("allow"), "GET, HEAD, PUT, POST, DELETE");
  EXPECT_EQ(ask("PUT /kv/k", kJsonType, "{").status, 400);
  EXPECT_EQ(ask("GET /nothing").status, 404);
  EXPECT_EQ(ask("GET /health").status, 200) << "the connection goes on";
}

TEST_F(ConversationTest, AnActionIsAPostAndGetsItsBody) {
  const Bytes body(1 << 20, 'x');  // far more than a page's
  const Reply done = ask("POST /admin/restore/records", "", body);
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.body, "restore/records " + body);
  const Reply refused = ask("GET /admin/backup/begin");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("allow"), "POST");
  EXPECT_EQ(ask("PUT /admin/backup/end", "", "{}").status, 405);
  EXPECT_EQ(ask("POST /admin/backup/begin/more", "", "{}").status, 404);
  EXPECT_EQ(ask("POST /admin/backup", "", "{}").status, 405) << "a page is only read";
  EXPECT_EQ(ask("GET /admin/backup").status, 200);
}

TEST_F(ConversationTest, RequiresOneHost) {
  send("GET /health HTTP/1.1\r\n\r\n");
  EXPECT_EQ(reply().status, 400);
  send("GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  EXPECT_EQ(reply().status, 400);
  send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(reply().status, 200);
}

TEST_F(ConversationTest, KeepsConnectionsAsTheVersionsSay) {
  EXPECT_EQ(ask("GET /health").header("connection"), "");
  EXPECT_TRUE(talk_->wants_input());
  send("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(reply().header("connection"), "keep-alive");
  EXPECT_FALSE(talk_->finished());
  EXPECT_EQ(ask("GET /health", "Connection: close\r\n").header("connection"), "close");
  EXPECT_TRUE(talk_->finished());
  restart();
  send("GET /health HTTP/1.0\r\n\r\n");
  EXPECT_EQ(reply().header("connection"), "close");
  EXPECT_TRUE(talk_->finished());
}

TEST_F(ConversationTest, AnswersPipelinedReadsInOrderWhateverTheirOrderOfCompletion) {
  ask("PUT /kv/a", "", "A");
  ask("PUT /kv/b", "", "B");
  clients_.hold("a");
  send(
      "GET /kv/a HTTP/1.1\r\nHost: x\r\n\r\nGET /kv/b HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: "
      "x\r\n\r\n");
  EXPECT_EQ(clients_.gets().size(), 2u) << "reads run side by side";
  EXPECT_EQ(sent_, "");
  clients_.release();
  EXPECT_EQ(reply().body, "A");
  EXPECT_EQ(reply().body, "B");
  EXPECT_EQ(reply().body, "ok\n");
}

TEST_F(ConversationTest, RunsPipelinedWritesOneAfterTheOther) {
  clients_.hold("a");
  send(
      "PUT /kv/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1GET /kv/b HTTP/1.1\r\nHost: x\r\n\r\n"
      "PUT /kv/b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n2GET /kv/b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(clients_.puts().size(), 1u);
  EXPECT_EQ(clients_.gets().size(), 0u) << "a read may not overtake the write before it";
  EXPECT_FALSE(talk_->wants_input());
  clients_.release();
  EXPECT_EQ(reply().status, 204);
  EXPECT_EQ(reply().status, 404);
  EXPECT_EQ(reply().status, 204);
  EXPECT_EQ(reply().body, "2");
}

TEST_F(ConversationTest, TakesNoMoreThanThePipelineHolds) {
  limits_.max_pipeline = 4;
  restart();
  clients_.hold("a");
  std::string many;
  for (int i = 0; i < 10; ++i) many += "GET /kv/a HTTP/1.1\r\nHost: x\r\n\r\n";
  send(many);
  EXPECT_EQ(clients_.held(), 4u);
  EXPECT_FALSE(talk_->wants_input());
  EXPECT_EQ(unread_.size(), many.size() / 10 * 6);
  clients_.release();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(reply().status, 404);
}

TEST_F(ConversationTest, TakesNoMoreWhileTheClientDoesNotRead) {
  ask("PUT /kv/big", "", Bytes(Conversation::kMaxUnsent, 'x'));
  talk_->receive("GET /kv/big HTTP/1.1\r\nHost: x\r\n\r\n");
  run_answers();
  EXPECT_FALSE(talk_->wants_input());
  EXPECT_EQ(talk_->receive("GET /health HTTP/1.1\r\nHost: x\r\n\r\n"), 0u);
  talk_->output().clear();
  EXPECT_TRUE(talk_->wants_input());
}

TEST_F(ConversationTest, TellsClientsThatWaitToContinue) {
  send("PUT /kv/k HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(sent_, "HTTP/1.1 100 Continue\r\n\r\n");
  sent_.clear();
  send("world");
  EXPECT_EQ(reply().status, 204);
  EXPECT_EQ(ask("GET /health", "Expect: miracles\r\n").status, 417);
}

TEST_F(ConversationTest, TellsToContinueOnlyInTurn) {
  clients_.hold("a");
  send(
      "GET /kv/a HTTP/1.1\r\nHost: x\r\n\r\nPUT /kv/k HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
      "5\r\n\r\n");
  EXPECT_EQ(sent_, "");
  clients_.release();
  EXPECT_EQ(reply().status, 404);
  EXPECT_EQ(reply().status, 100);
  send("world");
  EXPECT_EQ(reply().status, 204);
}

TEST_F(ConversationTest, RefusesALargeBodyUnread) {
  clients_.limit_values(1000);
  const Reply early = ask("PUT /kv/k", "Content-Length: 100000000\r\n");
  EXPECT_EQ(early.status, 413);
  EXPECT_EQ(early.header("connection"), "close");
  EXPECT_TRUE(talk_->finished());
  EXPECT_TRUE(talk_->cut_short());
  restart();
  EXPECT_EQ(ask("PUT /kv/k", "Expect: 100-continue\r\nContent-Length: 1001\r\n").status, 413);
  restart();
  send("PUT /kv/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" + Bytes(1000, 'x') + "\r\n");
  EXPECT_EQ(sent_, "");
  send("1\r\nx");
  EXPECT_EQ(reply().status, 413) << "while reading";
  EXPECT_TRUE(talk_->finished());
}

TEST_F(ConversationTest, KeepsTheConnectionBehindARefusedSmallBody) {
  clients_.limit_values(10);
  EXPECT_EQ(ask("PUT /kv/k", "", Bytes(1000, 'x')).status, 413);
  EXPECT_EQ(ask("PUT /nothing", "", "GET / HTTP/1.1\r\n\r\n").status, 404);
  EXPECT_EQ(ask("PUT /kv/k", "", "12345").status, 204);
  EXPECT_EQ(ask("GET /kv/k").body, "12345");
}

TEST_F(ConversationTest, StopsAtWhatItCannotRead) {
  clients_.hold("a");
  send("GET /kv/a HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01 garbage\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  clients_.release();
  EXPECT_EQ(reply().status, 404) << "what came before is answered first";
  const Reply refusal = reply();
  EXPECT_EQ(refusal.status, 400);
  EXPECT_EQ(refusal.header("connection"), "close");
  EXPECT_EQ(sent_, "");
  EXPECT_TRUE(talk_->finished());
}

TEST_F(ConversationTest, KnowsWhatItWaitsFor) {
  using Phase = Conversation::Phase;
  EXPECT_EQ(talk_->phase(), Phase::idle);
  send("PUT /kv/a HTTP/1.1\r\n");
  EXPECT_EQ(talk_->phase(), Phase::head);
  const auto stage = talk_->stage();
  send("A: b\r\n");
  EXPECT_EQ(talk_->stage(), stage) << "a trickle buys no time";
  send("Host: x\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(talk_->phase(), Phase::body);
  EXPECT_NE(talk_->stage(), stage);
  clients_.hold("a");
  send("ab");
  EXPECT_EQ(talk_->phase(), Phase::waiting);
  clients_.release();
  EXPECT_EQ(reply().status, 204);
  EXPECT_EQ(talk_->phase(), Phase::idle);
}

TEST_F(ConversationTest, TimesOutAloud) {
  send("PUT /kv/a HTTP/1.1\r\n");
  talk_->time_out();
  EXPECT_EQ(reply().status, 408);
  EXPECT_TRUE(talk_->finished());
}

TEST_F(ConversationTest, AnswersWhatWasAskedBeforeTheEnd) {
  clients_.hold("a");
  send("GET /kv/a HTTP/1.1\r\nHost: x\r\n\r\nGET /kv/b HTT");
  talk_->end_input();
  EXPECT_FALSE(talk_->finished());
  clients_.release();
  EXPECT_EQ(reply().header("connection"), "close");
  EXPECT_TRUE(talk_->finished());
}

TEST_F(ConversationTest, DrainsWithoutTakingMore) {
  clients_.hold("a");
  send("GET /kv/a HTTP/1.1\r\nHost: x\r\n\r\nPUT /kv/b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
  talk_->drain();
  EXPECT_EQ(talk_->receive("GET /kv/b HTTP/1.1\r\nHost: x\r\n\r\n"), 0u);
  clients_.release();
  EXPECT_EQ(reply().header("connection"), "");
  EXPECT_EQ(reply().header("connection"), "close");
  EXPECT_TRUE(talk_->finished());
}

TEST_F(ConversationTest, DropsAnswersThatComeTooLate) {
  clients_.hold("a");
  send("GET /kv/a HTTP/1.1\r\nHost: x\r\n\r\n");
  talk_->abandon();
  const int wakes = wakes_;
  clients_.release();
  run_answers();
  EXPECT_EQ(wakes_, wakes);
  EXPECT_EQ(talk_->output(), "");
}

TEST_F(ConversationTest, TurnsAwayPolitely) {
  talk_->turn_away();
  const Reply refusal = reply();
  EXPECT_EQ(refusal.status, 503);
  EXPECT_EQ(refusal.header("connection"), "close");
  EXPECT_TRUE(talk_->finished());
}

}  // namespace
}  // namespace stator::http
