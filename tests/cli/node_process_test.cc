#include "cli/demo/node_process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace stator::cli {
namespace {

class NodeProcessTest : public ::testing::Test {
 protected:
  NodeProcessTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stator-test-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~NodeProcessTest() override { std::filesystem::remove_all(directory_); }

  NodeProcess::Command shell(const std::string& script) const {
    return {.program = "/bin/sh",
            .arguments = {"-c", script},
            .directory = directory_.string(),
            .log = (directory_ / "log").string()};
  }
  std::string log() const {
    std::ifstream file(directory_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// Waits for the condition that the script has written this.
  void wait_for_log(const std::string& text) const {
    while (log().find(text) == std::string::npos) {
      usleep(1000);
    }
  }

  std::filesystem::path directory_;
};

TEST_F(NodeProcessTest, RunsInItsDirectoryAndLogsBothOutputs) {
  NodeProcess process;
  ASSERT_TRUE(process.start(shell("pwd; echo oops >&2")).is_ok());
  while (process.running()) {
    usleep(1000);
  }
  EXPECT_EQ(log(), directory_.string() + "\noops\n");
  EXPECT_EQ(process.pid(), -1);
}

TEST_F(NodeProcessTest, StopLetsItTidyUpAndKillDoesNot) {
  const std::string script = "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.01; done";
  NodeProcess process;
  ASSERT_TRUE(process.start(shell(script)).is_ok());
  wait_for_log("ready");
  process.kill_now();
  EXPECT_EQ(log(), "ready\n");
  ASSERT_TRUE(process.start(shell(script)).is_ok());
  wait_for_log("ready\nready");
  process.stop();
  EXPECT_EQ(log(), "ready\nready\ntidied\n");
  process.stop();
}

TEST_F(NodeProcessTest, EndsWithItsOwner) {
  pid_t pid = -1;
  {
    NodeProcess process;
    ASSERT_TRUE(process.start(shell("echo ready; exec sleep 1000")).is_ok());
    pid = process.pid();
    wait_for_log("ready");
    EXPECT_TRUE(process.running());
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(NodeProcessTest, AProgramThatIsNotThereEnds) {
  NodeProcess process;
  ASSERT_TRUE(process.start({.program = "/nowhere/statord", .directory = "/", .log = "/dev/null"}).is_ok());
  while (process.running()) {
    usleep(1000);
  }
}

}  // namespace
}  // namespace stator::cli
