#include "kernel/coordinator/peer_messages.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/causality/generators.h"

namespace stator {
namespace {

using std::chrono::milliseconds;

const TimePoint kNow{std::chrono::hours(5)};
const PeerRequestHead kHead{kNow + milliseconds(250), "0123456789abcdef0123456789abcdef", Stamp{77}};

/// Decoded on a machine whose monotonic clock says something else.
Result<PeerRequestMessage> arrive(const Frame& frame, TimePoint now = TimePoint{}) {
  return decode_peer_request(*frame, now);
}

template <typename Body>
Body body_of(const Frame& frame) {
  Result<PeerRequestMessage> message = arrive(frame);
  EXPECT_TRUE(message.is_ok());
  const Body* body = std::get_if<Body>(&message->body);
  EXPECT_NE(body, nullptr);
  return body != nullptr ? *body : Body();
}

RC_GTEST_PROP(PeerRequests, ReplicationsArriveAsSent,
              (const std::string& key, const std::string& record, bool tombstone)) {
  const ReplicatePut put = body_of<ReplicatePut>(encode_replicate("carts", key, record, tombstone, kHead, kNow));
  RC_ASSERT(put.keyspace == "carts");
  RC_ASSERT(put.key == key);
  RC_ASSERT(put.record == record);
  RC_ASSERT(put.tombstone == tombstone);
}

TEST(PeerRequests, SayWhetherTheyCanWait) {
  PeerRequestHead head = kHead;
  for (const bool background : {false, true}) {
    head.background = background;
    const Result<PeerRequestMessage> message = arrive(encode_replicate("carts", "k", "record", false, head, kNow));
    ASSERT_TRUE(message.is_ok());
    EXPECT_EQ(message->head.background, background);
  }
}

RC_GTEST_PROP(PeerRequests, DeltasArriveAsSent, (const std::string& key, const std::string& bytes)) {
  const Frame frame = encode_replicate_delta("carts", key, bytes, kHead, kNow);
  const ReplicateDelta delta = body_of<ReplicateDelta>(frame);
  RC_ASSERT(delta.keyspace == "carts");
  RC_ASSERT(delta.key == key);
  RC_ASSERT(delta.delta == bytes);
  RC_ASSERT(carries_record(*arrive(frame)));
}

RC_GTEST_PROP(PeerRequests, HintsArriveAsSentWithWhomTheyAreFor, (const std::string& key, const std::string& record)) {
  const Frame frame = encode_hint({"carts", key, record, false, "node-c"}, kHead, kNow);
  const ReplicatePut hint = body_of<ReplicatePut>(frame);
  RC_ASSERT(hint.keyspace == "carts");
  RC_ASSERT(hint.key == key);
  RC_ASSERT(hint.record == record);
  RC_ASSERT(hint.hint_for == "node-c");
  RC_ASSERT(carries_record(*arrive(frame)));
}

TEST(PeerRequests, AHintForNobodyIsRefused) {
  for (const std::string& target : {std::string(), std::string(256, 'n')}) {
    const Frame frame = encode_hint({"carts", "key", "record", false, target}, kHead, kNow);
    EXPECT_EQ(arrive(frame).status().code(), Code::invalid_argument);
  }
}

RC_GTEST_PROP(PeerRequests, TellWhenTheyWereBorn, (std::uint64_t born)) {
  PeerRequestHead head = kHead;
  head.born = Stamp{born};
  const Result<PeerRequestMessage> message = arrive(encode_replicate("carts", "key", "record", false, head, kNow));
  RC_ASSERT(message->head.born == head.born);
  RC_ASSERT(carries_record(*message));
}

RC_GTEST_PROP(PeerRequests, GetsArriveAsSent, (const std::string& key, bool digest_only)) {
  const ReplicaGet get = body_of<ReplicaGet>(encode_replica_get("carts", key, digest_only, kHead, kNow));
  RC_ASSERT(get.keyspace == "carts");
  RC_ASSERT(get.key == key);
  RC_ASSERT(get.digest_only == digest_only);
}

RC_GTEST_PROP(PeerRequests, MembershipMessagesArriveAsSent, (const std::string& bytes)) {
  RC_ASSERT(body_of<MembershipMessage>(encode_membership(bytes, kHead, kNow)).message == bytes);
}

RC_GTEST_PROP(PeerRequests, ForwardedWritesArriveWithEverythingTheyAskFor,
              (const std::string& key, const std::string& value)) {
  PutRequest put;
  put.head.keyspace = "carts";
  put.head.key = key;
  put.head.quorum = 1 + static_cast<int>(generators::below(5));
  put.remove = *rc::gen::arbitrary<bool>();
  put.value = value;
  put.content_type = "text/plain";
  put.create_only = *rc::gen::arbitrary<bool>();
  put.if_match = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) put.context = "token";
  if (*rc::gen::arbitrary<bool>()) put.op_id = generators::op_id(generators::below(256));
  if (*rc::gen::arbitrary<bool>()) put.ttl = milliseconds(generators::below(1'000'000));
  if (*rc::gen::arbitrary<bool>()) put.operation = {"add", std::exchange(put.value, {})};

  const PutRequest got = body_of<Forward>(encode_forward(put, kHead, kNow)).put;
  RC_ASSERT(got.head.keyspace == put.head.keyspace);
  RC_ASSERT(got.head.key == put.head.key);
  RC_ASSERT(got.head.quorum == put.head.quorum);
  RC_ASSERT(got.head.trace_id == kHead.trace_id);
  RC_ASSERT(got.remove == put.remove);
  RC_ASSERT(got.value == put.value);
  RC_ASSERT(got.content_type == put.content_type);
  RC_ASSERT(got.create_only == put.create_only);
  RC_ASSERT(got.if_match == put.if_match);
  RC_ASSERT(got.context == put.context);
  RC_ASSERT(got.op_id == put.op_id);
  RC_ASSERT((got.ttl == put.ttl));
  RC_ASSERT((got.operation == put.operation));
}

TEST(PeerRequests, ADeadlineTravelsAsWhatIsLeftOfIt) {
  const TimePoint there{std::chrono::hours(900)};
  const Frame frame = encode_replica_get("carts", "key", false, kHead, kNow);
  EXPECT_EQ(arrive(frame, there)->head.deadline, there + milliseconds(250));
  EXPECT_EQ(arrive(frame)->head.trace_id, kHead.trace_id);
}

TEST(PeerRequests, ADeadlineThatPassedBeforeItWasSentHasPassedWhereItArrives) {
  const Frame frame = encode_replica_get("carts", "key", false, kHead, kNow + milliseconds(251));
  EXPECT_LE(arrive(frame)->head.deadline, TimePoint{});
}

RC_GTEST_PROP(PeerRequests, AnyBytesAreAnErrorOrARequest, (const std::string& bytes)) {
  const google::protobuf::LogSilencer quiet;
  const Result<PeerRequestMessage> message = decode_peer_request(bytes, kNow);
  if (!message.is_ok()) RC_ASSERT(!message.status().message().empty());
}

RC_GTEST_PROP(PeerMessages, MutatedFramesAreAnErrorOrAMessage, ()) {
  const google::protobuf::LogSilencer quiet;
  PutRequest put;
  put.head.key = "key";
  put.op_id = generators::op_id(1);
  PutResult result;
  result.clock = generators::context();
  const Frame frames[] = {encode_replicate("carts", "key", "record", true, kHead, kNow),
                          encode_forward(put, kHead, kNow),
                          encode_forward_reply(result),
                          encode_get_reply({5, "record"}),
                          encode_put_reply(5),
                          encode_delta_reply(true)};
  Bytes bytes = *frames[generators::below(6)];
  for (std::uint64_t left = 1 + generators::below(4); left > 0; --left) {
    bytes[generators::below(bytes.size())] = static_cast<char>(generators::below(256));
  }
  static_cast<void>(decode_peer_request(bytes, kNow).is_ok());
  static_cast<void>(decode_peer_reply(bytes).is_ok());
}

TEST(PeerReplies, StatesArriveAsSent) {
  EXPECT_EQ(decode_peer_reply(*encode_put_reply(77))->state.digest, 77u);
  const Result<PeerReplyMessage> got = decode_peer_reply(*encode_get_reply({78, "record"}));
  EXPECT_EQ(got->state.digest, 78u);
  EXPECT_EQ(got->state.record, "record");
  EXPECT_FALSE(got->failure.has_value());
  EXPECT_EQ(decode_peer_reply(*encode_get_reply({}))->state.digest, 0u);
}

TEST(PeerReplies, TellWhoLacksTheBaseOfADelta) {
  EXPECT_TRUE(decode_peer_reply(*encode_delta_reply(true))->lacks_base);
  EXPECT_FALSE(decode_peer_reply(*encode_delta_reply(false))->lacks_base);
  EXPECT_FALSE(decode_peer_reply(*encode_put_reply(5))->lacks_base);
}

TEST(PeerReplies, FailuresArriveWithTheirCountsWhateverTheirCode) {
  for (int code = 1; code <= static_cast<int>(Code::internal); ++code) {
    const Failure failure{Status(static_cast<Code>(code), "why"), 3, 1};
    const Result<PeerReplyMessage> got = decode_peer_reply(*encode_peer_failure(failure));
    ASSERT_TRUE(got.is_ok() && got->failure.has_value());
    EXPECT_EQ(got->failure->status, failure.status);
    EXPECT_EQ(got->failure->required, 3);
    EXPECT_EQ(got->failure->acked, 1);
  }
}

RC_GTEST_PROP(PeerReplies, ForwardedResultsArriveAsSent, (bool tombstone)) {
  const PutResult result{"token", generators::context(), Stamp{*rc::gen::arbitrary<std::uint64_t>()}, tombstone};
  const Result<PeerReplyMessage> got = decode_peer_reply(*encode_forward_reply(result));
  RC_ASSERT(got.is_ok());
  RC_ASSERT(got->forwarded.context == result.context);
  RC_ASSERT(got->forwarded.clock == result.clock);
  RC_ASSERT(got->forwarded.stamp == result.stamp);
  RC_ASSERT(got->forwarded.tombstone == result.tombstone);
}

RC_GTEST_PROP(PeerReplies, AnyBytesAreAnErrorOrAReply, (const std::string& bytes)) {
  const google::protobuf::LogSilencer quiet;
  const Result<PeerReplyMessage> message = decode_peer_reply(bytes);
  if (!message.is_ok()) RC_ASSERT(message.status().code() == Code::internal);
}

}  // namespace
}  // namespace stator
