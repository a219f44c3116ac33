#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernel/node/node.h"
#include "kernel/node/peer_server.h"
#include "kernel/node/transport_links.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/read_watch.h"
#include "tests/simulation/sim_committer.h"
#include "tests/simulation/sim_executor.h"
#include "tests/simulation/sim_network.h"
#include "tests/simulation/sim_readers.h"

namespace stator::simulation {

/// What the nodes of a cluster have in common, and what one is started with.
struct NodeSetup {
  std::vector<Member> members;
  std::vector<KeyspaceRules> keyspaces;
  Keyspace::Resolve resolve;
  std::map<std::string, std::shared_ptr<const DataType>>
      datatypes;  ///< of the keyspaces that hold one; shared by nodes
  /// What a membership makes of the configured members on a node; empty: they are the members.
  std::function<std::vector<Member>(const std::string& self, const std::vector<Member>& configured)> membership;
  int partition_bits = 6;
  int vnodes_per_node = 16;
  std::size_t max_in_flight = 16384;
  Duration collect_interval = std::chrono::minutes(5);
  std::chrono::milliseconds max_clock_skew{10'000};
  std::string secret = "simulated";
  SimCommitter::Options commit;
  /// Of every disk; none: nobody looks how full the disks are.
  std::optional<Reserve> reserve;
  Duration begin_after{0};                         ///< peers reach a node so long before it begins
  bool reads_may_block = false;                    ///< the storages are read off the loop, in their own time
  AntiEntropy::Options anti_entropy{Duration(0)};  ///< off unless a test is about it: most count messages
};

/// A machine: a disk, and at times a process on it, which is a real Node over simulated seams. [the simulation's
/// thread]
class SimNode {
 public:
  /// Scheduler, network and setup outlive it. `index` is its place among the members.
  SimNode(Scheduler& scheduler, SimNetwork& network, const NodeSetup& setup, std::size_t index,
          std::unique_ptr<Disk> disk);
  ~SimNode() { end_process(); }

  /// Opens the disk and joins the network.
  Status start();
  /// The power goes: no reply, no completion, nothing unsynced is left of the process.
  void cut_power();
  /// The process dies, the machine lives on.
  void kill();
  /// Writes what waits and notes a clean shutdown.
  Status stop();
  /// A new disk. The process must not run.
  void wipe() { disk_->wipe(); }
  /// Sees what its processes hand over to be written, from now on.
  void set_commit_watch(std::function<void(const Commit&)> watch) { commit_watch_ = std::move(watch); }
  /// How long requests of clients may take, from the next start on; without one, what the keyspaces say.
  void set_timeout(std::optional<std::chrono::milliseconds> timeout) { timeout_ = timeout; }

  bool up() const { return node_ != nullptr; }
  const std::string& id() const { return id_; }
  /// Only while up.
  Node& node() { return *node_; }
  SimExecutor& executor() { return *executor_; }
  const SimTransport& transport() const { return *transport_; }
  Disk& disk() { return *disk_; }
  /// From the next start on, and at once if up.
  void set_wall_offset_ms(std::int64_t offset);
  /// In how many of its lives peers had reached it before it began.
  std::size_t reached_early() const { return reached_early_; }
  /// Where reads may block: for what loops would have waited in this life. Null elsewhere, and while it is down.
  ReadWatch* read_watch() const { return read_watch_; }
  /// What PeerServer and others had to say.
  const std::vector<std::string>& log() const { return log_; }

 private:
  void build();
  void end_process();

  Scheduler& scheduler_;
  SimNetwork& network_;
  const NodeSetup& setup_;
  const std::string id_;
  std::int64_t wall_offset_ms_ = 0;
  std::optional<std::chrono::milliseconds> timeout_;
  std::unique_ptr<Disk> disk_;
  std::function<void(const Commit&)> commit_watch_;
  std::vector<std::string> log_;
  std::size_t reached_early_ = 0;
  // The process; destroyed from the bottom up, but for what kill() says.
  std::unique_ptr<SimExecutor> executor_;
  std::unique_ptr<SimReaders> readers_;
  std::unique_ptr<Storage> storage_;
  ReadWatch* read_watch_ = nullptr;  // the storage, if reads may block
  std::unique_ptr<SimCommitter> committer_;
  std::unique_ptr<SimTransport> transport_;
  std::unique_ptr<TransportLinks> links_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<PeerServer> server_;
};

}  // namespace stator::simulation
