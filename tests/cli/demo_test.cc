#include "cli/demo/demo.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace stator::cli {
namespace {

TEST(CurlLine, IsWhatAShellWouldTake) {
  const Endpoint node{"http", "127.0.0.1", "8081"};
  EXPECT_EQ(curl_line(node, {.target = "/kv/a"}), "curl http://127.0.0.1:8081/kv/a");
  EXPECT_EQ(curl_line(node, {.target = "/kv/a?r=3"}), "curl 'http://127.0.0.1:8081/kv/a?r=3'");
  EXPECT_EQ(curl_line(node, {.method = "PUT", .target = "/kv/a", .headers = {{"X-A", "b"}}, .body = "it's"}),
            "curl -X PUT http://127.0.0.1:8081/kv/a -H 'X-A: b' -d 'it'\\''s'");
}

TEST(LocalCluster, WritesAConfigurationAndRemovesItsDirectory) {
  std::string directory;
  {
    const auto cluster = LocalCluster::create("/bin/true", false);
    ASSERT_TRUE(cluster.is_ok());
    directory = (*cluster)->directory();
    std::ifstream file((*cluster)->config());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_NE(text.find("id       = \"node-c\""), std::string::npos);
    EXPECT_NE(text.find((*cluster)->http(2).authority()), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(LocalCluster, SaysWhatTheLogOfADeadNodeSays) {
  const auto cluster = LocalCluster::create("/bin/false", false);
  ASSERT_TRUE(cluster.is_ok());
  for (std::size_t i = 0; i < LocalCluster::kNodes; ++i) {
    ASSERT_TRUE((*cluster)->start(i).is_ok());
  }
  const Status status = (*cluster)->wait_until_connected();
  EXPECT_EQ(status.code(), Code::unavailable);
  EXPECT_NE(status.message().find("has ended"), std::string::npos);
}

TEST(LocalCluster, NeedsTheServer) {
  EXPECT_EQ(LocalCluster::create("/nowhere/statord", false).status().code(), Code::not_found);
}

}  // namespace
}  // namespace stator::cli
