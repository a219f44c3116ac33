#include "kernel/node/hello.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace stator {
namespace {

Hello ours() { return {"cluster", "node-a", 12, 77, {{"carts", 5}, {"default", 6}}}; }

Hello theirs() {
  Hello hello = ours();
  hello.node = "node-b";
  return hello;
}

TEST(Hello, ArrivesAsSent) {
  const Result<Hello> got = decode_hello(encode_hello(ours()));
  ASSERT_TRUE(got.is_ok());
  EXPECT_EQ(got->cluster, "cluster");
  EXPECT_EQ(got->node, "node-a");
  EXPECT_EQ(got->partition_bits, 12);
  EXPECT_EQ(got->ring, 77u);
  EXPECT_EQ(got->keyspaces, ours().keyspaces);
  Hello more = ours();
  more.settings = {{"carts", {{"n", "3"}, {"siblings", "keep"}}}, {"default", {}}};
  EXPECT_EQ(decode_hello(encode_hello(more))->settings, more.settings);
}

TEST(Hello, TellsWhetherDeltasAreTakenAndAnOlderNodesSaysNothing) {
  Hello hello = ours();
  EXPECT_TRUE(decode_hello(encode_hello(hello))->deltas);
  hello.deltas = false;  // not encoded then, as by a program that does not know the field
  EXPECT_FALSE(decode_hello(encode_hello(hello))->deltas);
}

RC_GTEST_PROP(Hello, AnyBytesAreRefusedOrAHello, (const std::string& bytes)) {
  const google::protobuf::LogSilencer quiet;
  const Result<Hello> got = decode_hello(bytes);
  if (!got.is_ok()) RC_ASSERT(!got.status().message().empty());
}

TEST(Hello, NothingAtAllIsAnotherProtocol) { EXPECT_EQ(decode_hello("").status().code(), Code::failed_precondition); }

TEST(Hello, NodesTalkUnlessClusterIdOrGridForbidIt) {
  EXPECT_TRUE(compare_hello(ours(), theirs()).is_ok());
  Hello other = theirs();
  other.ring = 1;
  other.keyspaces.clear();
  EXPECT_TRUE(compare_hello(ours(), other).is_ok());  // told of, but no reason to be silent
  other.cluster = "elsewhere";
  EXPECT_NE(compare_hello(ours(), other).message().find("elsewhere"), std::string::npos);
  other = theirs();
  other.partition_bits = 10;
  EXPECT_NE(compare_hello(ours(), other).message().find("2^10"), std::string::npos);
  EXPECT_FALSE(compare_hello(ours(), ours()).is_ok());
}

}  // namespace
}  // namespace stator
