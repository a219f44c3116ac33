#include "kernel/coordinator/context_token.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/causality/generators.h"

namespace stator {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

RC_GTEST_PROP(ContextTokens, AreReadBackAsIssuedByEveryNodeOfTheCluster, (const std::string& key)) {
  const Context context = generators::context();
  const std::string token = ContextTokens("secret").issue(context, "carts", key);
  const Result<Context> read = ContextTokens("secret").read(token, "carts", key);
  RC_ASSERT(read.is_ok());
  RC_ASSERT(*read == context);
  for (char c : token) RC_ASSERT(std::string_view(kAlphabet).find(c) != std::string_view::npos);
}

RC_GTEST_PROP(ContextTokens, AreRefusedWhenAnyCharacterWasAltered, ()) {
  const ContextTokens tokens("secret");
  std::string token = tokens.issue(generators::context(), "carts", "key");
  const std::size_t at = generators::below(token.size());
  const char other = kAlphabet[generators::below(64)];
  RC_PRE(token[at] != other);
  token[at] = other;
  RC_ASSERT(tokens.read(token, "carts", "key").status().code() == Code::invalid_argument);
}

RC_GTEST_PROP(ContextTokens, AreRefusedWhenCutShortOrGrown, ()) {
  const ContextTokens tokens("secret");
  const std::string token = tokens.issue(generators::context(), "carts", "key");
  RC_ASSERT(!tokens.read(token.substr(0, generators::below(token.size())), "carts", "key").is_ok());
  for (const char* more : {"A", "AA", "AAAA", "=", "==", "\n", " "})
    RC_ASSERT(!tokens.read(token + more, "carts", "key").is_ok());
}

RC_GTEST_PROP(ContextTokens, AnyTextIsRefusedUnlessThisClusterIssuedIt, (const std::string& text)) {
  RC_ASSERT(ContextTokens("secret").read(text, "carts", "key").status().code() == Code::invalid_argument);
}

TEST(ContextTokens, AreForOneKeyOfOneKeyspaceOfOneCluster) {
  const ContextTokens tokens("secret");
  Context context;
  context.add({{"a", Stamp{5}}, 1});
  const std::string token = tokens.issue(context, "carts", "key");
  EXPECT_TRUE(tokens.read(token, "carts", "key").is_ok());
  EXPECT_FALSE(tokens.read(token, "carts", "yek").is_ok());
  EXPECT_FALSE(tokens.read(token, "carts", "").is_ok());
  EXPECT_FALSE(tokens.read(token, "default", "key").is_ok());
  EXPECT_FALSE(tokens.read(token, "cartsk", "ey").is_ok());
  EXPECT_FALSE(ContextTokens("other").read(token, "carts", "key").is_ok());
}

// Clients hold them across upgrades.
TEST(ContextTokens, AreWrittenAndReadAsEver) {
  Context context;
  context.add({{"node-a", Stamp::from_millis(1'700'000'000'000)}, 3});
  context.add({{"node-b", Stamp::from_millis(1'700'000'000'500)}, 300});
  const std::string golden = "AQIGbm9kZS1hAYvP5WgAAAADBm5vZGUtYgGLz-Vp9AAArALgIYh-PaRk1g";
  EXPECT_EQ(ContextTokens("secret").issue(context, "carts", "key"), golden);
  const Result<Context> read = ContextTokens("secret").read(golden, "carts", "key");
  ASSERT_TRUE(read.is_ok());
  EXPECT_EQ(*read, context);
}

TEST(ContextTokens, AnEmptyContextHasATokenToo) {
  const ContextTokens tokens("secret");
  const Result<Context> read = tokens.read(tokens.issue({}, "carts", "key"), "carts", "key");
  ASSERT_TRUE(read.is_ok());
  EXPECT_TRUE(read->empty());
}

}  // namespace
}  // namespace stator
