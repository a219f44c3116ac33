#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "cli/demo/node_process.h"
#include "cli/endpoint.h"
#include "stator/status.h"

namespace stator::cli {

/// Three nodes of a cluster with n=3, r=2, w=2 on free loopback ports, in a temporary directory of their own. When it
/// ends, so do the nodes, and the directory is removed. [serial]
class LocalCluster {
 public:
  static constexpr std::size_t kNodes = 3;

  /// Makes the directory and the configuration; starts nothing. `statord` is the server's path.
  static Result<std::unique_ptr<LocalCluster>> create(const std::string& statord, bool keep);
  LocalCluster(const LocalCluster&) = delete;
  LocalCluster& operator=(const LocalCluster&) = delete;
  ~LocalCluster();

  /// Starts a node that is not running; does not wait for it.
  Status start(std::size_t node);
  /// Waits until every running node reaches every other: until then a read of all replicas fails. [blocking]
  /// Fails with what the log of a node ends with if it has ended, and with deadline_exceeded after 20 s.
  Status wait_until_connected();
  /// kill -9.
  void kill(std::size_t node) { processes_[node].kill_now(); }

  const Endpoint& http(std::size_t node) const { return http_[node]; }
  pid_t pid(std::size_t node) const { return processes_[node].pid(); }
  static std::string name(std::size_t node) { return {'n', 'o', 'd', 'e', '-', static_cast<char>('a' + node)}; }
  std::string log(std::size_t node) const { return (directory_ / (name(node) + ".log")).string(); }
  std::string config() const { return (directory_ / "cluster.toml").string(); }
  std::string directory() const { return directory_.string(); }
  /// The command that starts a node, as it would be typed.
  std::string command_text(std::size_t node) const;

 private:
  LocalCluster(std::string statord, bool keep) : statord_(std::move(statord)), keep_(keep) {}
  Status prepare();
  Status check_running();

  std::string statord_;
  bool keep_;
  std::filesystem::path directory_;
  std::array<Endpoint, kNodes> http_;
  std::array<NodeProcess, kNodes> processes_;
};

}  // namespace stator::cli
