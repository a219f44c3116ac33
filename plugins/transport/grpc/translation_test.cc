#include "translation.h"

#include <gtest/gtest.h>

namespace stator::grpc_transport {
namespace {

const char* const kUuid = "00112233-4455-6677-8899-aabbCCDDEEFF";

Version version(const char* node, std::uint64_t counter, Bytes value, std::uint64_t millis) {
  Version made;
  made.dot = {{node, Stamp::from_millis(1)}, counter};
  made.value = std::move(value);
  made.content_type = "text/plain";
  made.stamp = Stamp::from_millis(millis);
  return made;
}

TEST(Translation, APutSaysAllThatItSaid) {
  v1::PutRequest message;
  message.set_keyspace("carts");
  message.set_key(Bytes("k\0y", 3));
  message.set_value(Bytes("v\0", 2));
  message.set_content_type("text/plain");
  message.set_context("token");
  message.set_create_only(true);
  message.set_if_match(true);
  message.set_op_id(kUuid);
  message.set_ttl_ms(1500);
  message.set_consistency(v1::CONSISTENCY_ALL);
  message.set_w(2);
  auto request = to_request(std::move(message), {TimePoint(std::chrono::seconds(9)), "trace"});
  ASSERT_TRUE(request.is_ok()) << request.status().text();
  EXPECT_EQ(request->head.keyspace, "carts");
  EXPECT_EQ(request->head.key, Bytes("k\0y", 3));
  EXPECT_EQ(request->head.consistency, Consistency::all);
  EXPECT_EQ(request->head.quorum, 2);
  EXPECT_EQ(request->head.deadline, TimePoint(std::chrono::seconds(9)));
  EXPECT_EQ(request->head.trace_id, "trace");
  EXPECT_FALSE(request->remove);
  EXPECT_EQ(request->value, Bytes("v\0", 2));
  EXPECT_EQ(request->content_type, "text/plain");
  EXPECT_EQ(request->context, "token");
  EXPECT_TRUE(request->create_only);
  EXPECT_TRUE(request->if_match);
  ASSERT_TRUE(request->op_id);
  EXPECT_EQ((*request->op_id)[1], 0x11);
  EXPECT_EQ((*request->op_id)[15], 0xFF);
  EXPECT_EQ(request->ttl, std::chrono::milliseconds(1500));
}

v1::UpdateRequest update_of(const std::string& op, const std::string& arguments) {
  v1::UpdateRequest message;
  message.set_op(op);
  message.set_arguments(arguments);
  return message;
}

TEST(Translation, AnUpdateIsTheOperationWithItsArguments) {
  v1::UpdateRequest message = update_of("add", R"( {"element":"milk"} )");
  message.set_keyspace("carts");
  message.set_context("token");
  message.set_op_id(kUuid);
  message.set_ttl_ms(1500);
  message.set_create_only(true);
  message.set_w(2);
  auto request = to_request(std::move(message), {});
  ASSERT_TRUE(request.is_ok()) << request.status().text();
  EXPECT_EQ(request->operation, (Operation{"add", R"({"op":"add","element":"milk"} )"}));
  EXPECT_EQ(request->head.keyspace, "carts");
  EXPECT_EQ(request->head.quorum, 2);
  EXPECT_EQ(request->context, "token");
  EXPECT_TRUE(request->op_id);
  EXPECT_EQ(request->ttl, std::chrono::milliseconds(1500));
  EXPECT_TRUE(request->create_only);
  EXPECT_EQ(to_request(update_of("increment", ""), {})->operation->arguments, R"({"op":"increment"})");
  EXPECT_EQ(to_request(update_of("increment", "{ }"), {})->operation->arguments, R"({"op":"increment" })");
}

TEST(Translation, RefusesWhatIsNoOperation) {
  for (const auto& [op, arguments] :
       {std::pair("", "{}"), {"a\",\"b", "{}"}, {"add", "[1]"}, {"add", "7"}, {"add", "  "}}) {
    EXPECT_EQ(to_request(update_of(op, arguments), {}).status().code(), Code::invalid_argument) << op << arguments;
  }
  v1::UpdateRequest stillborn = update_of("add", "{}");
  stillborn.set_ttl_ms(0);
  EXPECT_EQ(to_request(std::move(stillborn), {}).status().code(), Code::invalid_argument);
}

TEST(Translation, WhatIsNotSaidIsTheDefault) {
  auto put = to_request(v1::PutRequest(), {});
  ASSERT_TRUE(put.is_ok());
  EXPECT_EQ(put->head.keyspace, "default");
  EXPECT_EQ(put->head.consistency, Consistency::keyspace);
  EXPECT_FALSE(put->head.quorum);
  EXPECT_FALSE(put->head.deadline);
  EXPECT_FALSE(put->context);
  EXPECT_FALSE(put->op_id);
  EXPECT_FALSE(put->ttl);
  EXPECT_EQ(put->content_type, "application/octet-stream");
  auto removal = to_request(v1::DeleteRequest(), {});
  ASSERT_TRUE(removal.is_ok());
  EXPECT_TRUE(removal->remove);
}

TEST(Translation, RefusesWhatIsMalformed) {
  v1::PutRequest bad_id;
  bad_id.set_op_id("not-a-uuid");
  EXPECT_EQ(to_request(std::move(bad_id), {}).status().code(), Code::invalid_argument);
  v1::PutRequest for_ever;
  for_ever.set_ttl_ms(0xFFFFFFFFFFFFFFFF);
  EXPECT_EQ(to_request(std::move(for_ever), {}).status().code(), Code::invalid_argument);
  v1::PutRequest stillborn;
  stillborn.set_ttl_ms(0);
  EXPECT_EQ(to_request(std::move(stillborn), {}).status().code(), Code::invalid_argument);
  v1::GetRequest unknown;
  unknown.set_consistency(static_cast<v1::Consistency>(17));
  EXPECT_EQ(to_request(std::move(unknown), {}).status().code(), Code::invalid_argument);
  v1::GetRequest many;
  many.set_r(0xFFFFFFFF);
  EXPECT_EQ(to_request(std::move(many), {}).status().code(), Code::invalid_argument);
}

TEST(Translation, OpIdsAreUuidsAndNothingElse) {
  EXPECT_TRUE(parse_op_id(kUuid));
  for (const char* text : {"", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeefff",
                           "00112233x4455-6677-8899-aabbccddeeff", "g0112233-4455-6677-8899-aabbccddeeff"}) {
    EXPECT_FALSE(parse_op_id(text)) << text;
  }
}

TEST(Translation, ALoneVersionIsShownWithoutSiblings) {
  GetResult result;
  result.found = true;
  result.siblings = {version("node-a", 3, "hello", 77)};
  result.resolved.winner = 0;
  result.context = "token";
  result.clock.add(result.siblings[0].dot);
  v1::GetReply reply;
  to_reply(std::move(result), reply);
  EXPECT_TRUE(reply.found());
  EXPECT_EQ(reply.value(), "hello");
  EXPECT_EQ(reply.content_type(), "text/plain");
  EXPECT_EQ(reply.context(), "token");
  EXPECT_EQ(reply.vector_clock().at("node-a"), 3u);
  EXPECT_EQ(reply.lww_millis(), 77u);
  EXPECT_EQ(reply.siblings_size(), 0);
  EXPECT_EQ(reply.resolved_by(), "");
}

TEST(Translation, ConcurrentVersionsAreAllShownAndNoneLosesItsValue) {
  GetResult result;
  result.found = true;
  result.siblings = {version("node-a", 3, "old", 77), version("node-b", 1, "new", 78)};
  result.siblings[0].tombstone = true;
  result.resolved.winner = 1;
  result.resolved.resolved_by = "LWW";
  result.clock.add({{"node-b", Stamp::from_millis(0)}, 9});  // an earlier epoch of node-b
  for (const Version& each : result.siblings) result.clock.add(each.dot);
  v1::GetReply reply;
  to_reply(std::move(result), reply);
  EXPECT_EQ(reply.value(), "new");
  EXPECT_EQ(reply.resolved_by(), "LWW");
  ASSERT_EQ(reply.siblings_size(), 2);
  EXPECT_EQ(reply.siblings(0).value(), "old");
  EXPECT_TRUE(reply.siblings(0).tombstone());
  EXPECT_EQ(reply.siblings(1).value(), "new");
  EXPECT_EQ(reply.siblings(1).vector_clock().at("node-b#2"), 1u);
}

TEST(Translation, AResolvedValueNeedBeNoneOfTheSiblings) {
  GetResult result;
  result.found = true;
  result.siblings = {version("node-a", 3, "a", 77), version("node-b", 1, "b", 78)};
  result.resolved.value = "ab";
  result.resolved.content_type = "text/merged";
  v1::GetReply reply;
  to_reply(std::move(result), reply);
  EXPECT_EQ(reply.value(), "ab");
  EXPECT_EQ(reply.content_type(), "text/merged");
  EXPECT_EQ(reply.lww_millis(), 78u);
  EXPECT_FALSE(reply.unresolved());
}

TEST(Translation, WhereNothingWasPickedTheSiblingsAreTheAnswer) {
  GetResult result;
  result.found = true;
  result.siblings = {version("node-a", 3, "a", 77), version("node-b", 1, "b", 78)};
  result.resolved.unresolved = true;
  result.context = "token";
  v1::GetReply reply;
  to_reply(std::move(result), reply);
  EXPECT_TRUE(reply.found());
  EXPECT_TRUE(reply.unresolved());
  EXPECT_EQ(reply.value(), "");
  EXPECT_EQ(reply.context(), "token");
  ASSERT_EQ(reply.siblings_size(), 2);
  EXPECT_EQ(reply.siblings(1).value(), "b");
}

TEST(Translation, AnAbsentKeyKeepsItsContext) {
  GetResult result;
  result.siblings = {version("node-a", 3, "", 77)};
  result.siblings[0].tombstone = true;
  result.context = "token";
  v1::GetReply reply;
  to_reply(std::move(result), reply);
  EXPECT_FALSE(reply.found());
  EXPECT_EQ(reply.context(), "token");
  EXPECT_EQ(reply.value(), "");
}

TEST(Arrival, TraceIdsAreTakenFromAWellFormedTraceparent) {
  const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
  EXPECT_EQ(trace_id_of("00-" + id + "-00f067aa0ba902b7-01"), id);
  EXPECT_EQ(trace_id_of("01-" + id + "-00f067aa0ba902b7-01-more"), id);
  EXPECT_EQ(trace_id_of(""), "");
  EXPECT_EQ(trace_id_of("00-" + id + "-00f067aa0ba902b7-01-more"), "");
  EXPECT_EQ(trace_id_of("ff-" + id + "-00f067aa0ba902b7-01"), "");
  EXPECT_EQ(trace_id_of("00-" + std::string(32, '0') + "-00f067aa0ba902b7-01"), "");
  EXPECT_EQ(trace_id_of("00-" + std::string(32, 'G') + "-00f067aa0ba902b7-01"), "");
}

}  // namespace
}  // namespace stator::grpc_transport
