// What a request is understood to ask: the parser, the router, the query, the Accept field and writes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envelope.h"
#include "negotiation.h"
#include "request_parser.h"
#include "router.h"
#include "write_request.h"

namespace stator::http {
namespace {

using ::testing::HasSubstr;
using Progress = RequestParser::Progress;

constexpr std::size_t kHeader = 16 << 10;
constexpr std::uint64_t kMaxValue = 1000;

/// Feeds all of `text`, `piece` bytes more at a time, until it ends a request or fails.
Progress feed(RequestParser& parser, BytesView text, std::size_t piece) {
  std::size_t begin = 0;
  std::size_t end = 0;
  while (true) {
    const RequestParser::Step step = parser.feed(text.substr(begin, end - begin));
    begin += step.used;
    if (step.progress == Progress::done || step.progress == Progress::failed) return step.progress;
    if (step.progress == Progress::head && !parser.request().has_body) return Progress::done;
    if (step.progress != Progress::starved) continue;
    if (end == text.size()) return Progress::starved;
    end = std::min(end + piece, text.size());
  }
}

Progress feed(RequestParser& parser, BytesView text) { return feed(parser, text, text.size()); }

int refused(BytesView text) {
  RequestParser parser(kHeader);
  return feed(parser, text) == Progress::failed ? parser.refusal().status : 0;
}

TEST(RequestParser, UnderstandsARequestCutAnywhere) {
  constexpr BytesView kText =
      "\r\nPUT /kv/a%20b?w=1 HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nX-STATOR-context: tok\r\n"
      "x-stator-TTL: 7\r\n"
      "Accept: a/b\r\nAccept: c/d\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n6\r\n\r\nworl\r\n0\r\nX-Stator-Context: forged\r\n\r\n";
  for (std::size_t piece = 1; piece <= kText.size(); ++piece) {
    RequestParser parser(kHeader);
    ASSERT_EQ(feed(parser, kText, piece), Progress::done) << piece;
    const HttpRequest& request = parser.request();
    EXPECT_EQ(request.method, Method::put);
    EXPECT_EQ(request.target, "/kv/a%20b?w=1");
    EXPECT_EQ(request.content_type, "text/plain");
    EXPECT_EQ(request.ttl, "7");
    EXPECT_EQ(request.context, "tok") << "a trailer changes nothing";
    EXPECT_EQ(request.accept, "a/b, c/d");
    EXPECT_EQ(request.body, "hello\r\nworl");
    EXPECT_TRUE(request.keep_alive);
  }
}

TEST(RequestParser, StartsAfreshForEachRequest) {
  RequestParser parser(kHeader);
  ASSERT_EQ(feed(parser,
                 "PUT /kv/a HTTP/1.1\r\nHost: x\r\nIf-Match: \"t\"\r\nX-Stator-TTL: 7\r\nContent-Length: 3\r\n\r\nabc"),
            Progress::done);
  EXPECT_EQ(parser.request().body, "abc");
  parser.next_request();
  ASSERT_EQ(feed(parser, "GET /kv/a HTTP/1.0\r\n\r\n"), Progress::done);
  EXPECT_EQ(parser.request().body, "");
  EXPECT_EQ(parser.request().if_match, "");
  EXPECT_EQ(parser.request().ttl, "");
  EXPECT_EQ(parser.request().hosts, 0);
  EXPECT_FALSE(parser.request().http11);
  EXPECT_FALSE(parser.request().keep_alive);
}

TEST(RequestParser, RefusesEveryWayToSmuggle) {
  const std::string put = "PUT /kv/a HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(refused(put + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Content-Length: 3, 4\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Content-Length: +3\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Content-Length: 0x3\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Content-Length: 99999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Content-Length : 3\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: gzip\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: xchunked\r\n\r\n"), 400);
  EXPECT_EQ(refused("PUT /kv/a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "A: b\rC: d\r\n\r\n"), 400) << "a bare CR";
  EXPECT_EQ(refused(put + "A: b\nContent-Length: 3\r\n\r\n"), 400) << "a bare LF";
  EXPECT_EQ(refused(put + "A: b\x01\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(refused(put + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n"), 400);
}

TEST(RequestParser, RefusesGarbage) {
  for (const BytesView text :
       {"\x16\x03\x01\x02", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "G\x01T / HTTP/1.1\r\n",
        "GET  / HTTP/1.1\r\n", " GET / HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n"}) {
    EXPECT_EQ(refused(text), 400) << text;
  }
}

TEST(RequestParser, BoundsTheHeadAsAWhole) {
  std::string many = "GET / HTTP/1.1\r\n";
  while (many.size() < 2 * kHeader) many += "A: b\r\n";
  for (const std::size_t piece : {std::size_t{7}, std::size_t{4096}, many.size()}) {
    RequestParser parser(kHeader);
    ASSERT_EQ(feed(parser, many + "\r\n", piece), Progress::failed) << piece;
    EXPECT_EQ(parser.refusal().status, 431);
  }
  EXPECT_EQ(refused("GET /" + std::string(kHeader, 'x')), 431);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nA: " + std::string(kHeader, 'x')), 431);
  EXPECT_EQ(refused("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(kHeader, 'x')), 431);
  EXPECT_EQ(refused("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(kHeader, 'x')), 431);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nA: " + std::string(kHeader / 2, 'x') + "\r\n\r\n"), 0);
}

TEST(RequestParser, BoundsTheBody) {
  for (const BytesView body :
       {"Content-Length: 4\r\n\r\nabcd", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n"}) {
    const std::string text = "PUT / HTTP/1.1\r\n" + std::string(body);
    RequestParser parser(kHeader);
    const RequestParser::Step head = parser.feed(text);
    ASSERT_EQ(head.progress, Progress::head);
    parser.limit_body(3);
    ASSERT_EQ(feed(parser, BytesView(text).substr(head.used)), Progress::failed);
    EXPECT_EQ(parser.refusal().status, 413);
  }
}

TEST(RequestParser, DiscardsABodyThatNobodyNeeds) {
  const std::string text = "PUT / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabcd";
  RequestParser parser(kHeader);
  const RequestParser::Step head = parser.feed(text);
  parser.discard_body();
  ASSERT_EQ(feed(parser, BytesView(text).substr(head.used)), Progress::done);
  EXPECT_EQ(parser.request().body, "");
  EXPECT_EQ(parser.body_received(), 4u);
}

Route good_route(Method method, BytesView target) {
  auto routed = route(method, target);
  EXPECT_TRUE(std::holds_alternative<Route>(routed)) << target;
  return std::holds_alternative<Route>(routed) ? std::get<Route>(routed) : Route();
}

Refusal bad_route(Method method, BytesView target) {
  auto routed = route(method, target);
  EXPECT_TRUE(std::holds_alternative<Refusal>(routed)) << target;
  return std::holds_alternative<Refusal>(routed) ? std::get<Refusal>(routed) : Refusal();
}

TEST(Router, TakesTheKeyAsItIs) {
  EXPECT_EQ(good_route(Method::get, "/kv/user:1").key, "user:1");
  EXPECT_EQ(good_route(Method::get, "/kv/user:1").keyspace, "default");
  EXPECT_EQ(good_route(Method::get, "/kv/a//b/../c/./").key, "a//b/../c/./");
  EXPECT_EQ(good_route(Method::get, "/kv/a%2Fb%00%ff+").key, Bytes("a/b\0\xff+", 6));
  EXPECT_EQ(good_route(Method::get, "/kv//").key, "/");
  EXPECT_EQ(good_route(Method::get, "http://host:80/kv/a").key, "a");
  EXPECT_EQ(good_route(Method::get, "/kv/a?").key, "a");
  EXPECT_EQ(good_route(Method::put, "/ks/carts/kv/a/kv/b").key, "a/kv/b");
  EXPECT_EQ(good_route(Method::put, "/ks/my%20carts/kv/a").keyspace, "my carts");
  EXPECT_EQ(good_route(Method::put, "/kv/" + std::string(4096, 'k')).key.size(), 4096u);
  EXPECT_EQ(bad_route(Method::put, "/kv/" + std::string(4097, 'k')).status, 400);
  EXPECT_EQ(bad_route(Method::get, "/kv/").status, 400);
  EXPECT_EQ(bad_route(Method::get, "/kv/?r=1").status, 400);
  EXPECT_EQ(bad_route(Method::get, "/kv/%zz").status, 400);
  EXPECT_EQ(bad_route(Method::get, "/ks//kv/a").status, 400);
  EXPECT_EQ(bad_route(Method::get, "/debug/siblings/").status, 400);
}

TEST(Router, KnowsEveryPage) {
  EXPECT_EQ(good_route(Method::get, "/health").resource, Route::Resource::health);
  const std::pair<BytesView, std::string> pages[] = {{"/admin/health", "health"},
                                                     {"/admin/ring", "ring"},
                                                     {"/admin/keyspaces", "keyspaces"},
                                                     {"/admin/plugins", "plugins"},
                                                     {"/metrics", "metrics"},
                                                     {"/debug/hints", "hints"},
                                                     {"/debug/ae", "ae"},
                                                     {"/debug/persist", "persist"},
                                                     {"/debug/siblings/k/1", "siblings"},
                                                     {"/admin/explain/k/1", "explain"},
                                                     {"/admin/hints/wait", "hints_wait"}};
  for (const auto& [path, page] : pages) {
    const Route found = good_route(Method::head, path);
    EXPECT_EQ(found.resource, Route::Resource::page);
    EXPECT_EQ(found.page, page);
  }
  EXPECT_EQ(good_route(Method::get, "/debug/siblings/k/1").key, "k/1");
  EXPECT_EQ(good_route(Method::get, "/ks/carts/debug/siblings/k").keyspace, "carts");
  EXPECT_EQ(good_route(Method::get, "/ks/carts/admin/explain/a%2Fb").key, "a/b");
  EXPECT_EQ(good_route(Method::get, "/ks/carts/admin/explain/k").keyspace, "carts");
  for (const BytesView path :
       {"/", "", "*", "/kv", "/ks/a", "/ks/a/", "/ks/a/b/kv/c", "/healthy", "/admin", "kv/a", "/KV/a"}) {
    EXPECT_EQ(bad_route(Method::get, path).status, 404) << path;
  }
}

TEST(Router, TakesAPagesKeyFromTheQuery) {
  const Route ring = good_route(Method::get, "/admin/ring?key=a%2Fb&keyspace=carts");
  EXPECT_STREQ(ring.page, "ring");
  EXPECT_EQ(ring.key, "a/b");
  EXPECT_EQ(ring.keyspace, "carts");
  EXPECT_EQ(good_route(Method::get, "/admin/ring?key=a").keyspace, "default");
  EXPECT_EQ(good_route(Method::get, "/kv/k?key=a&keyspace=carts").key, "k") << "a value's is in its path";
  EXPECT_EQ(good_route(Method::get, "/ks/x/debug/siblings/k?key=a&keyspace=carts").keyspace, "x");
}

TEST(Router, SaysWhichMethodsThereAre) {
  EXPECT_EQ(bad_route(Method::other, "/kv/a").status, 405);
  EXPECT_EQ(bad_route(Method::other, "/ks/a/kv/a").allow, "GET, HEAD, PUT, POST, DELETE");
  EXPECT_EQ(bad_route(Method::post, "/health").allow, "GET, HEAD");
  EXPECT_EQ(bad_route(Method::put, "/health").allow, "GET, HEAD");
  EXPECT_EQ(bad_route(Method::del, "/debug/siblings/a").allow, "GET, HEAD");
}

TEST(Router, ARoundOfRepairIsPostedAndThenLookedAt) {
  const Route all = good_route(Method::post, "/admin/repair");
  EXPECT_STREQ(all.page, "repair");
  EXPECT_EQ(all.keyspace, "");
  EXPECT_EQ(good_route(Method::post, "/admin/repair?keyspace=carts").keyspace, "carts");
  const Route progress = good_route(Method::get, "/admin/repair?key=77&keyspace=carts");
  EXPECT_EQ(progress.key, "77");
  EXPECT_EQ(progress.keyspace, "carts");
  EXPECT_EQ(good_route(Method::get, "/admin/repair?key=77").keyspace, "");
  for (const Method method : {Method::get, Method::head, Method::put, Method::del}) {
    EXPECT_EQ(bad_route(method, "/admin/repair").status, 405);
    EXPECT_EQ(bad_route(method, "/admin/repair?keyspace=carts").allow, "POST");
  }
  EXPECT_EQ(bad_route(Method::post, "/admin/repair?key=77").status, 405);
  EXPECT_EQ(bad_route(Method::post, "/admin/repair?key=77").allow, "GET, HEAD");
}

Operation operation_of(BytesView json) {
  auto parsed = parse_call(json);
  EXPECT_TRUE(std::holds_alternative<Call>(parsed)) << std::get<Refusal>(parsed).message;
  return std::holds_alternative<Call>(parsed) ? std::get<Call>(parsed).operation : Operation();
}

TEST(Call, KeepsWhatIsTheOperationsAsItStands) {
  EXPECT_EQ(operation_of(R"({"op":"add","element":"milk"})"), (Operation{"add", R"({"op":"add","element":"milk"})"}));
  EXPECT_EQ(operation_of(R"({"by":18446744073709551616,"context":"t","op":"x","opId":null,"by":[{"op":1}]})"),
            (Operation{"x", R"({"by":18446744073709551616,"op":"x","by":[{"op":1}]})"}))
      << "what is wrong with it the data type says";
}

TEST(Call, TakesOutWhatIsTheRequests) {
  auto parsed = parse_call(R"({"nodeId":"node-a","op":"x","opId":"7","context":"tok"})");
  ASSERT_TRUE(std::holds_alternative<Call>(parsed));
  const Envelope& envelope = std::get<Call>(parsed).envelope;
  EXPECT_EQ(envelope.node_id, "node-a");
  EXPECT_EQ(envelope.op_id, "7");
  EXPECT_EQ(envelope.context, "tok");
}

TEST(Call, RefusesWhatNamesNoOperation) {
  for (const BytesView json :
       {"", "[]", "{}", R"({"op":7})", R"({"op":""})", R"({"op":null})", R"({"op":"x","context":1})",
        R"({"op":"x","context":"a","context":"b"})", R"({"op":"x")", R"({"op":"x","a":[})"}) {
    EXPECT_TRUE(std::holds_alternative<Refusal>(parse_call(json))) << json;
  }
}

TEST(Query, ReadsWhatItKnows) {
  const Query query =
      good_route(Method::put, "/kv/a?r=1&w=3&timeout_ms=50&consistency=all&ttl_ms=1000&raw=true&opId=a%20b&x=y&z")
          .query;
  EXPECT_EQ(query.r, 1);
  EXPECT_EQ(query.w, 3);
  EXPECT_EQ(query.timeout, std::chrono::milliseconds(50));
  EXPECT_EQ(query.ttl, std::chrono::seconds(1));
  EXPECT_EQ(query.consistency, Consistency::all);
  EXPECT_EQ(query.raw, true);
  EXPECT_EQ(query.op_id, "a b");
  EXPECT_EQ(good_route(Method::get, "/kv/a?raw").query.raw, true);
}

TEST(Query, RefusesWhatIsMalformed) {
  for (const std::string query : {"r=0",
                                  "r=-1",
                                  "r=x",
                                  "r=",
                                  "r=1x",
                                  "w=99999999999",
                                  "timeout_ms=0",
                                  "timeout_ms=86400001",
                                  "timeout_ms=1.5",
                                  "consistency=most",
                                  "consistency=",
                                  "ttl_ms=-5",
                                  "ttl_ms=0",
                                  "ttl_ms=1s",
                                  "ttl_ms=",
                                  "raw=maybe",
                                  "opId=",
                                  "r=1&r=1",
                                  "r=%3",
                                  "w=99999999999999999999"}) {
    const Refusal refusal = bad_route(Method::get, "/kv/a?" + query);
    EXPECT_EQ(refusal.status, 400) << query;
    EXPECT_THAT(refusal.message, HasSubstr(query.substr(0, query.find('=')))) << query;
  }
}

TEST(Negotiation, GivesTheFormAValueWasWrittenInUnlessAskedOtherwise) {
  const auto form = [](BytesView accept, BytesView stored) { return choose_form({accept, std::nullopt}, stored); };
  for (const BytesView accept : {"", "*/*", "text/html", "application/*", "garbage,,;;q=", "application/json;q=0"}) {
    EXPECT_EQ(form(accept, ""), Form::envelope) << accept;
    EXPECT_EQ(form(accept, "image/png"), Form::bytes) << accept;
  }
  EXPECT_EQ(form("application/json", "image/png"), Form::envelope);
  EXPECT_EQ(form("Application/JSON; charset=utf-8", "image/png"), Form::envelope);
  EXPECT_EQ(form("application/json", "application/json"), Form::envelope);
  EXPECT_EQ(form("application/octet-stream", ""), Form::bytes);
  EXPECT_EQ(form("image/png, application/json;q=0.5", "image/png"), Form::bytes);
  EXPECT_EQ(form("image/*;q=0.4, application/json;q=0.5", "image/png"), Form::envelope);
  EXPECT_EQ(form("image/*, application/json;q=0.5", "image/png;x=y"), Form::bytes);
  EXPECT_EQ(form("application/json, application/octet-stream", ""), Form::envelope);
  EXPECT_EQ(form("application/json, application/octet-stream", "a/b"), Form::bytes);
  EXPECT_EQ(form("text/plain", "image/png"), Form::bytes);
  EXPECT_EQ(choose_form({"application/json", true}, ""), Form::bytes);
  EXPECT_EQ(choose_form({"application/octet-stream", false}, "a/b"), Form::envelope);
}

HttpRequest put_request(BytesView content_type, BytesView body) {
  HttpRequest request;
  request.method = Method::put;
  request.content_type = content_type;
  request.body = body;
  return request;
}

std::variant<PutRequest, Refusal> write_of(HttpRequest request, BytesView target = "/ks/ks/kv/k?w=2") {
  Route route = good_route(request.method, target);
  return make_write(request, route, kMaxValue);
}

PutRequest good_write(const HttpRequest& request, BytesView target = "/ks/ks/kv/k?w=2") {
  auto made = write_of(request, target);
  EXPECT_TRUE(std::holds_alternative<PutRequest>(made)) << std::get<Refusal>(made).message;
  return std::holds_alternative<PutRequest>(made) ? std::get<PutRequest>(std::move(made)) : PutRequest();
}

std::string bad_write(const HttpRequest& request, BytesView target = "/kv/k") {
  auto made = write_of(request, target);
  if (!std::holds_alternative<Refusal>(made)) return "taken";
  EXPECT_EQ(std::get<Refusal>(made).status, 400);
  return std::get<Refusal>(made).message;
}

TEST(WriteRequest, TakesAnEnvelope) {
  const PutRequest put = good_write(put_request(
      "application/json; charset=utf-8",
      R"({"valueBase64":"aGVsbG8=","nodeId":"node-a","opId":"00112233-4455-6677-8899-AABBCCDDEEFF","context":"tok"})"));
  EXPECT_EQ(put.value, "hello");
  EXPECT_EQ(put.content_type, "");
  EXPECT_EQ(put.claimed_node, "node-a");
  EXPECT_EQ(put.context, "tok");
  EXPECT_FALSE(put.if_match);
  EXPECT_EQ(put.op_id,
            (OpId{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}));
  EXPECT_EQ(put.head.keyspace, "ks");
  EXPECT_EQ(put.head.key, "k");
  EXPECT_EQ(put.head.quorum, 2);
  EXPECT_EQ(good_write(put_request("application/json", R"({"valueBase64":"","opId":null,"context":null})")).value, "");
}

TEST(WriteRequest, TakesTheBodyItself) {
  const Bytes any("{\0\xff\r\n", 5);
  EXPECT_EQ(good_write(put_request("image/png", any)).value, any);
  EXPECT_EQ(good_write(put_request("image/png", any)).content_type, "image/png");
  EXPECT_EQ(good_write(put_request("", any)).content_type, "application/octet-stream");
  EXPECT_EQ(good_write(put_request("application/json", "{\"a\":1}"), "/kv/k?raw=true").value, "{\"a\":1}");
  EXPECT_EQ(good_write(put_request("application/json", "{\"a\":1}"), "/kv/k?raw=true").content_type,
            "application/json");
  EXPECT_EQ(good_write(put_request("application/vnd.x+json", "{}")).value, "{}");
}

TEST(WriteRequest, NamesWhatIsWrongWithAnEnvelope) {
  const auto why = [](BytesView body) { return bad_write(put_request("application/json", body)); };
  EXPECT_THAT(why(R"({"valueBase64":"aGVsbG8=","valeu":"x"})"), HasSubstr("valeu"));
  EXPECT_THAT(why(R"({"valueBase64":"???"})"), HasSubstr("must be Base64"));
  EXPECT_THAT(why(R"({"valueBase64":5})"), HasSubstr("\"valueBase64\" must be a string"));
  EXPECT_THAT(why(R"({"value":{"deep":1}})"), HasSubstr("unknown field \"value\""));
  EXPECT_THAT(why(R"({"nodeId":"a"})"), HasSubstr("valueBase64 is required"));
  EXPECT_THAT(why(R"({"valueBase64":null})"), HasSubstr("valueBase64 is required"));
  EXPECT_THAT(why(R"({"valueBase64":"","valueBase64":""})"), HasSubstr("twice"));
  EXPECT_THAT(why("world"), HasSubstr("not a JSON object"));
  EXPECT_THAT(why(""), HasSubstr("not a JSON object"));
  EXPECT_THAT(why(R"({"valueBase64":"","opId":""})"), HasSubstr("opId"));
  EXPECT_THAT(why(R"({"valueBase64":"","opId":")" + std::string(129, 'x') + R"("})"), HasSubstr("opId"));
}

TEST(WriteRequest, BoundsTheDecodedValue) {
  auto made =
      write_of(put_request("application/json", R"({"valueBase64":")" + std::string(1336, 'A') + R"("})"), "/kv/k");
  ASSERT_TRUE(std::holds_alternative<Refusal>(made));
  EXPECT_EQ(std::get<Refusal>(made).status, 413);
}

TEST(WriteRequest, ReadsConditions) {
  HttpRequest request = put_request("", "v");
  request.context = "tok";
  EXPECT_EQ(good_write(request).context, "tok");
  EXPECT_FALSE(good_write(request).if_match);
  request.if_match = "\"tok\"";
  EXPECT_TRUE(good_write(request).if_match);
  request.if_match = "\"other\"";
  EXPECT_THAT(bad_write(request), HasSubstr("two different contexts"));
  request.context.clear();
  EXPECT_EQ(good_write(request).context, "other");
  request.if_match = "*";
  EXPECT_TRUE(good_write(request).if_match);
  EXPECT_EQ(good_write(request).context, std::nullopt);
  for (const char* bad : {"W/\"tok\"", "\"a\", \"b\"", "\"torn", "to\"rn", "\""}) {
    request.if_match = bad;
    EXPECT_THAT(bad_write(request), HasSubstr("If-Match")) << bad;
  }
  request.if_match.clear();
  request.if_none_match = "*";
  EXPECT_TRUE(good_write(request).create_only);
  request.if_none_match = "\"tok\"";
  EXPECT_THAT(bad_write(request), HasSubstr("If-None-Match"));
}

TEST(WriteRequest, TakesALifetimeFromTheFieldOrTheQuery) {
  HttpRequest request = put_request("", "v");
  EXPECT_FALSE(good_write(request).ttl);
  request.ttl = "1500";
  EXPECT_EQ(good_write(request).ttl, std::chrono::milliseconds(1500));
  EXPECT_EQ(good_write(request, "/kv/k?ttl_ms=1500").ttl, std::chrono::milliseconds(1500));
  EXPECT_THAT(bad_write(request, "/kv/k?ttl_ms=1501"), HasSubstr("two different lifetimes"));
  for (const char* bad : {"0", "-1", "1s", "1.5", "1, 1", "soon", "99999999999999999999", "3155760000001"}) {
    request.ttl = bad;
    EXPECT_THAT(bad_write(request), HasSubstr("X-Stator-TTL")) << bad;
  }
  request.ttl = "3155760000000";
  EXPECT_TRUE(good_write(request).ttl) << "a century of milliseconds";
  request.method = Method::del;
  request.body.clear();
  EXPECT_THAT(bad_write(request), HasSubstr("lifetime"));
}

TEST(WriteRequest, TakesARemovalWithAndWithoutABody) {
  HttpRequest request;
  request.method = Method::del;
  EXPECT_TRUE(good_write(request).remove);
  request.body = R"({"nodeId":"node-b","opId":"retry-1","context":"tok"})";
  const PutRequest removal = good_write(request);
  EXPECT_EQ(removal.claimed_node, "node-b");
  EXPECT_EQ(removal.context, "tok");
  EXPECT_TRUE(removal.op_id);
  request.body = R"({"valueBase64":"aGVsbG8="})";
  EXPECT_THAT(bad_write(request), HasSubstr("unknown field \"valueBase64\""));
}

TEST(WriteRequest, NamesWritesTheSameWayEveryTime) {
  EXPECT_EQ(make_op_id("retry-1"), make_op_id("retry-1"));
  EXPECT_NE(make_op_id("retry-1"), make_op_id("retry-2"));
  EXPECT_NE(make_op_id("00112233-4455-6677-8899-aabbccddeeff"), make_op_id("00112233-4455-6677-8899-aabbccddeefg"));
  EXPECT_EQ(make_op_id("00112233-4455-6677-8899-aabbccddeeff"), make_op_id("00112233-4455-6677-8899-AABBCCDDEEFF"));
  HttpRequest request = put_request("", "v");
  EXPECT_EQ(good_write(request, "/kv/k?opId=retry-1").op_id, make_op_id("retry-1"));
  request = put_request("application/json", R"({"valueBase64":"","opId":"a"})");
  EXPECT_THAT(bad_write(request, "/kv/k?opId=b"), HasSubstr("two different opIds"));
}

TEST(WriteRequest, TakesTheTraceOfTraceparent) {
  const std::string id = "0af7651916cd43dd8448eb211c80319c";
  EXPECT_EQ(trace_id("00-" + id + "-b7ad6b7169203331-01"), id);
  EXPECT_EQ(trace_id("cc-" + id + "-b7ad6b7169203331-01-future"), id);
  for (const std::string& bad :
       {std::string(), "00-" + id, "ff-" + id + "-b7ad6b7169203331-01",
        "00-" + std::string(32, '0') + "-b7ad6b7169203331-01", "00-" + std::string(32, 'G') + "-b7ad6b7169203331-01"}) {
    EXPECT_EQ(trace_id(bad), "") << bad;
  }
}

}  // namespace
}  // namespace stator::http
