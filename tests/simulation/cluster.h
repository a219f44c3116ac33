#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/causality/record.h"
#include "stator/requests.h"
#include "tests/simulation/sim_node.h"

namespace stator::simulation {

struct ClusterOptions {
  std::uint64_t seed = 1;
  std::size_t nodes = 3;
  KeyspaceRules rules;                ///< of keyspace "default"
  std::vector<KeyspaceRules> others;  ///< further keyspaces
  NodeSetup setup;                    ///< members and keyspaces are filled in; without a resolver the newest stamp wins
  std::function<std::unique_ptr<Disk>()> make_disk = make_map_disk;
  bool trace = false;
};

/// Real kernels on one thread: a virtual clock, an in-memory network, disks that forget what was not synced, every
/// chance from one seed. Nodes are numbered from 0 and called node-a, node-b … [one thread]
class Cluster {
 public:
  using PutDone = std::function<void(Outcome<PutResult>)>;
  using GetDone = std::function<void(Outcome<GetResult>)>;

  /// All nodes start.
  explicit Cluster(ClusterOptions options);
  ~Cluster();

  Scheduler& scheduler() { return scheduler_; }
  SimNetwork& network() { return network_; }
  std::size_t size() const { return nodes_.size(); }
  SimNode& operator[](std::size_t node) { return *nodes_[node]; }
  std::vector<std::string> ids() const;
  /// What nodes are given, from their next start on.
  NodeSetup& setup() { return options_.setup; }

  Status start(std::size_t node);
  /// Clients that wait for the node hear `unavailable`, as from a connection that broke.
  void cut_power(std::size_t node);
  /// The same, but the machine lives on and what was written is there.
  void kill(std::size_t node);
  Status stop(std::size_t node);
  /// A crash, and a new disk.
  void wipe(std::size_t node);

  /// A request to that node; `done` is called once, whatever happens to the node. A node that is down refuses.
  void put(std::size_t node, PutRequest request, PutDone done);
  void get(std::size_t node, GetRequest request, GetDone done);
  /// The same, and time passes until it is answered.
  Outcome<PutResult> put(std::size_t node, PutRequest request);
  Outcome<GetResult> get(std::size_t node, GetRequest request);

  /// The durable copy of a key on that node; nothing if there is none.
  std::optional<Record> copy(std::size_t node, const Bytes& key, const std::string& keyspace = "default");
  /// Its digest; 0 if there is none.
  std::uint64_t digest(std::size_t node, const Bytes& key, const std::string& keyspace = "default");
  /// Nodes that hold the key, in preference order, and those that do not.
  std::vector<std::size_t> holders(const Bytes& key, const std::string& keyspace = "default");
  std::vector<std::size_t> others(const Bytes& key, const std::string& keyspace = "default");

  void trace(const std::string& line);
  const std::string& traced() const { return trace_; }

 private:
  struct Waiting {
    std::size_t node;
    std::function<void()> break_off;
  };
  template <typename Done, typename Call>
  void request(std::size_t node, Done done, Call call);
  void break_connections(std::size_t node);
  Replica::Held held(std::size_t node, const Bytes& key, const std::string& keyspace, bool digest_only);
  std::size_t index_of(const std::string& id) const;

  ClusterOptions options_;
  Scheduler scheduler_;
  SimNetwork network_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::list<Waiting> waiting_;
  std::string trace_;
};

PutRequest put_of(const Bytes& key, const Bytes& value);
PutRequest removal_of(const Bytes& key);
GetRequest get_of(const Bytes& key);

}  // namespace stator::simulation
