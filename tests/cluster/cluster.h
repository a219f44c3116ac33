#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/cluster/http_client.h"
#include "tests/cluster/scratch.h"
#include "tests/cluster/server_process.h"

namespace stator::cluster {

/// The tables of an ordinary cluster behind its nodes: small log files, so that a short test sees many of them, and a
/// keyspace `default` with n=3, r=2, w=2.
extern const char* const kOrdinaryTables;
/// The same with another table of [storage.fast].
std::string ordinary_tables(const std::string& storage);
/// Where the build has put the plugins.
extern const char* const kPlugins;

/// What a configuration says. Every node listens on every one of `transports`, on a free port.
struct ClusterPlan {
  std::vector<std::string> nodes = {"node-a", "node-b", "node-c"};
  std::vector<std::string> transports = {"http", "grpc", "tcp"};
  std::string peer_transport = "tcp";
  std::string tables = kOrdinaryTables;
  std::string plugin_path = kPlugins;  ///< directories, separated by ':'
  /// Where `dialler` is told that it reaches another node's peer transport; none: where that one listens.
  std::function<std::string(std::size_t dialler, std::size_t node)> route = {};
};

/// The nodes of one configuration as real processes, in a directory of their own; all are gone with this object. Nodes
/// are named by their place in the plan. [serial, blocking]
class Cluster {
 public:
  /// Starts nothing.
  explicit Cluster(const ClusterPlan& plan = {});

  std::size_t size() const { return plan_.nodes.size(); }
  const std::string& name(std::size_t node) const { return plan_.nodes[node]; }
  std::uint16_t port(std::size_t node, const std::string& transport = "http") const;
  std::string address(std::size_t node, const std::string& transport) const;
  HttpClient http(std::size_t node, const std::string& transport = "http") const {
    return HttpClient(port(node, transport));
  }

  const Scratch& scratch() const { return scratch_; }
  /// The one all nodes share; where they have a `route`, each has its own.
  std::string config() const { return config(0); }
  std::string config(std::size_t node) const {
    return scratch_.path(plan_.route ? name(node) + ".toml" : "cluster.toml");
  }
  std::string data_directory(std::size_t node) const { return scratch_.path(name(node)); }
  /// The node's files in a storage instance with that extension (".wal", ".snapshot"), oldest first.
  std::vector<std::string> storage_files(std::size_t node, const std::string& storage,
                                         const std::string& extension) const;
  ServerProcess& process(std::size_t node) { return *processes_[node]; }
  /// How a node is started, for one's own process.
  ServerProcess::Command command(std::size_t node) const;

  /// Starts and waits until the node answers; false, with what it wrote, if it ends or stays silent.
  testing::AssertionResult start(std::size_t node);
  /// All that do not run, and waits until each reaches every other.
  testing::AssertionResult start_all();
  /// Until every running node can do with all replicas of a key: the nodes' links are up.
  testing::AssertionResult await_connected();

 private:
  std::string config_text(std::size_t reader) const;
  bool is_answering(std::size_t node);

  ClusterPlan plan_;
  Scratch scratch_;
  std::map<std::string, std::vector<std::uint16_t>> ports_;  ///< by transport
  std::vector<std::unique_ptr<ServerProcess>> processes_;
};

}  // namespace stator::cluster
