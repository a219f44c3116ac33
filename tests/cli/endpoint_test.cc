#include "cli/endpoint.h"

#include <gtest/gtest.h>

namespace stator::cli {
namespace {

TEST(Endpoint, HasSchemeHostAndPort) {
  EXPECT_EQ(*parse_endpoint("http://127.0.0.1:8081"), (Endpoint{"http", "127.0.0.1", "8081"}));
  EXPECT_EQ(*parse_endpoint("grpc://node-a:9091/"), (Endpoint{"grpc", "node-a", "9091"}));
  EXPECT_EQ(*parse_endpoint("localhost"), (Endpoint{"http", "localhost", "80"}));
  EXPECT_EQ(*parse_endpoint("grpc://localhost"), (Endpoint{"grpc", "localhost", "9091"}));
}

TEST(Endpoint, KeepsTheBracketsOfIpv6WhereTheyBelong) {
  const auto endpoint = parse_endpoint("http://[::1]:8081");
  ASSERT_TRUE(endpoint.is_ok());
  EXPECT_EQ(endpoint->host, "::1");
  EXPECT_EQ(endpoint->authority(), "[::1]:8081");
  EXPECT_EQ(endpoint->text(), "http://[::1]:8081");
}

TEST(Endpoint, RefusesWhatIsNoEndpoint) {
  for (const char* text : {"", "http://", "ftp://a:1", "http://a:0", "http://a:65536", "http://a:b", "http://a:1/kv",
                           "http://a:", "http://u@a:1"}) {
    EXPECT_EQ(parse_endpoint(text).status().code(), Code::invalid_argument) << text;
  }
}

TEST(Endpoint, ListsAreSeparatedByCommas) {
  const auto endpoints = parse_endpoints("http://a:1, http://b:2");
  ASSERT_TRUE(endpoints.is_ok());
  ASSERT_EQ(endpoints->size(), 2u);
  EXPECT_EQ((*endpoints)[1].host, "b");
  EXPECT_FALSE(parse_endpoints("http://a:1,").is_ok());
  EXPECT_FALSE(parse_endpoints("").is_ok());
}

TEST(KeyPath, EncodesAllThatMeansSomethingInAUrl) {
  EXPECT_EQ(key_path("default", "user:1"), "/kv/user%3A1");
  EXPECT_EQ(key_path("carts", "a/b?c"), "/ks/carts/kv/a%2Fb%3Fc");
  EXPECT_EQ(percent_encoded(std::string("\0\xff~", 3)), "%00%FF~");
}

TEST(KeyPath, QueriesAreAddedInTurn) {
  std::string target = "/kv/a";
  add_query(target, "r", "2");
  add_query(target, "consistency", "a&b");
  EXPECT_EQ(target, "/kv/a?r=2&consistency=a%26b");
}

}  // namespace
}  // namespace stator::cli
