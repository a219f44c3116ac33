#include "cli/bench/request_template.h"

#include <gtest/gtest.h>

#include <string>

namespace stator::cli {
namespace {

const Endpoint kTarget{"http", "127.0.0.1", "8081"};

TEST(RequestTemplate, PutIsAWholeRequestWithKeyAndValue) {
  auto put = RequestTemplate::put({.value_bytes = 20, .w = 3}, kTarget);
  const std::string one(put.fill(7, 1));
  EXPECT_TRUE(one.starts_with("PUT /kv/key-000000000007?w=3 HTTP/1.1\r\nHost: 127.0.0.1:8081\r\n")) << one;
  EXPECT_NE(one.find("\r\nContent-Length: 20\r\n"), std::string::npos);
  EXPECT_EQ(one.size() - one.find("\r\n\r\n") - 4, 20u);
  const std::string other(put.fill(8, 2));
  EXPECT_NE(one.substr(one.size() - 20), other.substr(other.size() - 20)) << "two writes are not to be equal";
}

TEST(RequestTemplate, ValuesMayBeEmptyOrTiny) {
  for (const std::size_t size : {0u, 1u, 7u, 8u}) {
    auto put = RequestTemplate::put({.value_bytes = size}, kTarget);
    const std::string request(put.fill(1, ~std::uint64_t{0}));
    EXPECT_EQ(request.size() - request.find("\r\n\r\n") - 4, size);
  }
}

TEST(RequestTemplate, GetNamesTheKeyspace) {
  auto get = RequestTemplate::get({.keyspace = "carts", .r = 1}, kTarget);
  EXPECT_TRUE(get.fill(1, 1).starts_with("GET /ks/carts/kv/key-000000000001?r=1 HTTP/1.1\r\n"));
  EXPECT_TRUE(get.fill(1, 1).ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace stator::cli
