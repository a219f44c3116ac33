#include <string>

#include "tests/cluster/carrier_test.h"

namespace stator::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

const std::pair<std::string, std::string> kJsonBody{"Content-Type", "application/json"};

class Conversations : public CarrierTest {
 protected:
  HttpClient a = cluster.http(0);
  HttpClient b = cluster.http(1);
  HttpClient c = cluster.http(2);
};
INSTANTIATE_FOR_CARRIERS(Conversations);

TEST_P(Conversations, TheEnvelopeOfTheOlderJsonApi) {
  const HttpAnswer put = a.send({"PUT", "/kv/user:1", {kJsonBody}, R"({"valueBase64":"aGVsbG8=","nodeId":"node-a"})"});
  ASSERT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(put.field("content-type"), "application/json");
  EXPECT_EQ(put.json()["ok"], true);
  EXPECT_EQ(put.json()["tombstone"], false);
  EXPECT_EQ(put.json()["vectorClock"], (Json{{"node-a", 1}}));
  EXPECT_GT(put.json()["lwwMillis"], 1'600'000'000'000);
  EXPECT_TRUE(put.json()["context"].is_string());

  const HttpAnswer got = b.get("/kv/user:1");
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_THAT(got.body, StartsWith(R"({"found":true,"valueBase64":"aGVsbG8=","vectorClock":{"node-a":1},"context":")"));
  EXPECT_EQ(got.json()["context"], put.json()["context"]);
  EXPECT_EQ(c.get("/kv/user:1").json()["valueBase64"], "aGVsbG8=");

  ASSERT_TRUE(await_everywhere("user:1"));
  const HttpAnswer removed = c.send({"DELETE", "/kv/user:1", {kJsonBody}, R"({"nodeId":"node-a"})"});
  ASSERT_EQ(removed.status, 200) << removed.body;
  EXPECT_EQ(removed.json()["ok"], true);
  EXPECT_EQ(removed.json()["tombstone"], true);
  EXPECT_EQ(removed.json()["vectorClock"], (Json{{"node-a", 1}, {"node-c", 1}}));
  const HttpAnswer gone = a.get("/kv/user:1");
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.json()["found"], false);
  EXPECT_EQ(a.get("/kv/never-written").body, R"({"found":false})");
}

TEST_P(Conversations, TheBytesOfTheOlderRawApi) {
  const HttpAnswer put = a.put("/kv/hello", "world");
  EXPECT_EQ(put.status, 204);
  EXPECT_EQ(put.body, "");
  EXPECT_NE(put.field("x-stator-context"), "");
  EXPECT_EQ(put.field("etag"), "\"" + put.field("x-stator-context") + "\"");

  const HttpAnswer got = b.get("/kv/hello");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "world");
  EXPECT_EQ(got.field("content-type"), "application/octet-stream");
  EXPECT_EQ(got.field("x-stator-context"), put.field("x-stator-context"));
  EXPECT_EQ(got.field("x-stator-siblings"), "");

  ASSERT_TRUE(await_everywhere("hello"));
  EXPECT_EQ(c.send({"DELETE", "/kv/hello", {}, {}}).status, 204);
  EXPECT_EQ(a.get("/kv/hello").status, 404);
  EXPECT_EQ(b.send({"DELETE", "/kv/was-never-here", {}, {}}).status, 204);
  EXPECT_EQ(a.get("/health").body, "ok\n");
}

TEST_P(Conversations, WhatTheOlderServersRefused) {
  EXPECT_EQ(a.put("/kv/empty", "").status, 204);
  const HttpAnswer empty = b.get("/kv/empty");
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.field("content-length"), "0");
  EXPECT_EQ(a.put_json("/kv/empty-json", {{"valueBase64", ""}}).status, 200);
  EXPECT_EQ(b.get("/kv/empty-json").json()["valueBase64"], "");
  EXPECT_EQ(a.send({"DELETE", "/kv/empty-json", {kJsonBody}, {}}).status, 200);
  const HttpAnswer head = b.send({"HEAD", "/kv/empty", {}, {}});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-length"), "0");
}

TEST_P(Conversations, EveryByteOfAValueAndAKeyComesBack) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  ASSERT_EQ(a.send({"PUT", "/kv/all%2Fbytes/%00%ff%20", {{"Content-Type", "image/png"}}, all}).status, 204);
  const HttpAnswer got = b.get("/kv/all/bytes%2f%00%FF%20");
  EXPECT_EQ(got.body, all);
  EXPECT_EQ(got.field("content-type"), "image/png");

  const std::string large(3 << 20, 'x');
  ASSERT_EQ(b.put("/kv/large?timeout_ms=10000", large).status, 204);
  EXPECT_EQ(c.get("/kv/large?timeout_ms=10000").body, large);
  EXPECT_EQ(a.get("/kv/" + std::string(4096, 'k')).status, 404);
  EXPECT_EQ(a.get("/kv/" + std::string(4097, 'k')).status, 400);
  EXPECT_EQ(a.get("/kv/").status, 400);
}

TEST_P(Conversations, TheFormIsTheWritersUnlessAskedOtherwise) {
  ASSERT_EQ(a.send({"PUT", "/kv/text", {{"Content-Type", "text/plain"}}, "abc"}).status, 204);
  ASSERT_EQ(a.put_json("/kv/envelope", {{"valueBase64", "YWJj"}}).status, 200);
  const std::pair<std::string, std::string> json{"Accept", "application/json"};
  const std::pair<std::string, std::string> bytes{"Accept", "application/octet-stream"};
  EXPECT_EQ(b.send({"GET", "/kv/text", {json}, {}}).json()["valueBase64"], "YWJj");
  EXPECT_EQ(b.send({"GET", "/kv/envelope", {bytes}, {}}).body, "abc");
  EXPECT_EQ(b.get("/kv/envelope?raw=true").body, "abc");
  const HttpAnswer document = b.send({"PUT", "/kv/document?raw=true", {kJsonBody}, R"({"any":"json"})"});
  EXPECT_EQ(document.status, 204) << document.body;
  EXPECT_EQ(c.get("/kv/document?raw=true").body, R"({"any":"json"})");
}

TEST_P(Conversations, HeadChunksPipelinesAndExpect) {
  ASSERT_EQ(a.put("/kv/hello", "world").status, 204);
  const HttpAnswer head = b.send({"HEAD", "/kv/hello", {}, {}});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-length"), "5");
  EXPECT_EQ(head.body, "");

  ASSERT_TRUE(a.write(
      "PUT /kv/chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"));
  EXPECT_EQ(a.read().status, 204);
  EXPECT_EQ(b.get("/kv/chunked").body, "abcde");

  std::string many;
  for (int i = 0; i < 20; ++i) {
    const std::string key = "/kv/pipelined-" + std::to_string(i);
    many += wire_text({"PUT", key, {}, std::to_string(i)}) + wire_text({"GET", key, {}, {}});
  }
  ASSERT_TRUE(a.write(many));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(a.read().status, 204) << i;
    EXPECT_EQ(a.read().body, std::to_string(i));
  }

  ASSERT_TRUE(b.write("PUT /kv/expected HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_EQ(b.read().status, 100);
  ASSERT_TRUE(b.write("ok"));
  EXPECT_EQ(b.read().status, 204);
  EXPECT_EQ(c.get("/kv/expected").body, "ok");
}

TEST_P(Conversations, HowManyReplicasIsTheRequestsChoice) {
  for (const char* choice :
       {"w=1", "w=3", "consistency=one", "consistency=quorum", "consistency=all", "w=3&timeout_ms=30000"}) {
    EXPECT_EQ(a.put(std::string("/kv/chosen?") + choice, "v").status, 204) << choice;
  }
  for (const char* choice : {"r=1", "r=3", "consistency=one", "consistency=quorum", "consistency=all"}) {
    EXPECT_EQ(b.get(std::string("/kv/chosen?") + choice).status, 200) << choice;
  }
  EXPECT_EQ(a.send({"DELETE", "/kv/chosen?w=3", {}, {}}).status, 204);
  for (const char* choice : {"w=4", "w=0", "w=x", "consistency=most", "timeout_ms=0", "timeout_ms=soon"}) {
    const HttpAnswer answer = a.put(std::string("/kv/chosen?") + choice, "v");
    EXPECT_EQ(answer.status, 400) << choice;
    EXPECT_TRUE(answer.json()["error"].is_string()) << answer.body;
    EXPECT_TRUE(answer.json()["message"].is_string()) << answer.body;
  }
  EXPECT_EQ(a.get("/kv/chosen").status, 404);
}

TEST_P(Conversations, MistakesAreToldAsJson) {
  struct Row {
    HttpRequest request;
    int status;
    const char* says;
  };
  const Row rows[] = {
      {{"PUT", "/kv/k", {kJsonBody}, "{"}, 400, "JSON"},
      {{"PUT", "/kv/k", {kJsonBody}, "{}"}, 400, "valueBase64 is required"},
      {{"PUT", "/kv/k", {kJsonBody}, R"({"valueBase64":"?"})"}, 400, "valueBase64 must be Base64"},
      {{"PUT", "/kv/k", {kJsonBody}, R"({"valueBase64":"","color":"red"})"}, 400, "color"},
      {{"PUT", "/kv/k", {kJsonBody}, R"({"valueBase64":"","nodeId":"node-z"})"}, 400, "node-z"},
      {{"PUT", "/kv/%zz", {}, "v"}, 400, "%"},
      {{"GET", "/elsewhere", {}, {}}, 404, "nothing at this path"},
      {{"POST", "/kv/k", {}, "{}"}, 400, "op"},
      {{"POST", "/kv/k", {}, R"({"op":"add","element":"milk"})"}, 400, "no operations"},
      {{"DELETE", "/health", {}, {}}, 405, "method"},
      {{"PUT", "/kv/k", {{"X-Padding", std::string(20'000, 'x')}}, "v"}, 431, ""},
  };
  for (const Row& row : rows) {
    HttpClient client = cluster.http(0);
    const HttpAnswer answer = client.send(row.request);
    EXPECT_EQ(answer.status, row.status) << row.request.target << " " << row.request.body << ": " << answer.body;
    EXPECT_TRUE(answer.json()["error"].is_string()) << answer.body;
    EXPECT_THAT(answer.json().value("message", ""), HasSubstr(row.says));
  }
  EXPECT_EQ(a.send({"PATCH", "/kv/k", {}, "{}"}).field("allow"), "GET, HEAD, PUT, POST, DELETE");
  EXPECT_EQ(a.get("/kv/k").status, 404);
}

TEST_P(Conversations, AValueAboveTheLimitIsRefusedUnread) {
  ASSERT_TRUE(a.write("PUT /kv/k HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"));
  const HttpAnswer answer = a.read();
  EXPECT_EQ(answer.status, 413) << answer.body;
  EXPECT_TRUE(answer.json()["error"].is_string()) << answer.body;
}

}  // namespace
}  // namespace stator::cluster
