#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernel/files/directory_probe.h"
#include "kernel/log/log.h"
#include "kernel/loops/background_pool.h"
#include "kernel/loops/call_watch.h"
#include "kernel/loops/event_loops.h"
#include "kernel/metrics/metrics.h"
#include "kernel/node/client_gate.h"
#include "kernel/node/node.h"
#include "kernel/node/pages.h"
#include "kernel/node/peer_server.h"
#include "kernel/node/preflight.h"
#include "kernel/node/server_host.h"
#include "kernel/node/transport_links.h"
#include "kernel/plugins/guards.h"
#include "kernel/plugins/mending_guard.h"
#include "kernel/plugins/scrubbing_guard.h"
#include "kernel/replica/threaded_committer.h"
#include "kernel/replica/threaded_readers.h"

namespace stator {

/// A node as a process: threads, plugins and sockets around a Node. Built from a preflight without problems. [startup]
class Server {
 public:
  /// `preflight` outlives the server. `node` names one of its nodes.
  Server(const Preflight& preflight, const std::string& node);
  /// Stops.
  ~Server();

  /// Recovers the data, joins the cluster, serves. After a failure the server is only good to be destroyed. [blocking]
  Status start();
  /// Takes no more requests, finishes what is under way, makes the stop a clean one. May be called twice. [blocking]
  void stop();

  Log& log() { return log_; }

 private:
  struct StorageInstance {
    std::unique_ptr<FileLock> lock;
    std::unique_ptr<StorageGuard> storage;
    std::unique_ptr<MendingGuard> mending;      ///< null unless it offers one
    std::unique_ptr<ScrubbingGuard> scrubbing;  ///< null unless it offers one
    std::unique_ptr<ThreadedCommitter> committer;
    std::unique_ptr<ThreadedReaders> readers;  ///< null unless its reads may block
    std::unique_ptr<DirectoryProbe> space;
  };
  struct TransportInstance {
    std::string name;
    std::unique_ptr<TransportGuard> transport;
    std::unique_ptr<ClientGate> gate;
  };
  class MembershipLinks;

  Status open_storages();
  Status make_transports();
  Status make_resolvers();
  Status start_memberships();
  Status start_transports();
  void make_links();
  Node::KeyspaceSetup setup_of(const KeyspaceOptions& keyspace) const;
  void make_node();
  void make_pages();
  Status make_actions();
  void make_gauges();
  void make_repair_gauges();
  void make_plugin_gauges();
  void refresh_members(const std::string& membership);
  std::vector<Member> configured_members() const;
  void tell_room(const Store& store);
  std::vector<std::string> keyspaces_of(const std::string& transport) const;
  void run_on_loop(int loop, Task task);

  const Preflight& preflight_;
  const ClusterConfig& config_;
  const NodeOptions& self_;
  Log log_;
  Metrics metrics_;
  EventLoops loops_;
  BackgroundPool background_;
  BackgroundPool backups_;     ///< of its own: a checkpoint must not keep snapshots waiting, and is done with one
  BackgroundPool disk_watch_;  ///< of its own: a look must not wait for the snapshots that fill the disk
  ServerHost host_;
  std::vector<std::unique_ptr<LoopExecutor>> executors_;
  std::map<std::string, StorageInstance> storages_;
  CallWatch plugin_calls_;
  std::map<std::string, std::unique_ptr<ResolverGuard>> resolvers_;
  std::map<std::string, std::unique_ptr<DataTypeGuard>> datatypes_;  ///< by the same names; a name is one of the two
  std::vector<TransportInstance> transports_;
  TransportGuard* carrier_ = nullptr;
  std::vector<std::unique_ptr<TransportLinks>> links_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<PeerServer> peers_;
  std::unique_ptr<Pages> pages_;
  std::unique_ptr<Explain> explain_;
  std::unique_ptr<BackupSource> backup_;
  std::unique_ptr<RestoreSink> restore_;
  std::unique_ptr<AdminActions> actions_;
  std::unique_ptr<MembershipLinks> membership_links_;
  std::map<std::string, std::unique_ptr<MembershipGuard>> memberships_;
  // shared with loops: address of each member for the carrier; swapped whole
  std::atomic<std::shared_ptr<const std::map<std::string, std::string>>> addresses_;
  bool serving_ = false;
};

}  // namespace stator
