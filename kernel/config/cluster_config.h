#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/config/setting.h"
#include "kernel/replica/reserve.h"
#include "stator/host.h"

/// What the configuration file says, as plain values: each table its own small struct. Durations and sizes are read,
/// defaults are filled in, and every rule that needs no plugin has been checked; see parse_config.

namespace stator {

/// `[cluster]`
struct ClusterOptions {
  std::string id;
  std::string peer_transport;  ///< the transport instance that carries frames between nodes
  /// What context tokens are signed with. Empty: derived from `id`, which keeps accidents out but no attacker, since
  /// the id is no secret.
  std::string secret;
  int partition_bits = 12;  ///< 2^bits partitions; never changes in the life of a cluster
  Duration max_clock_skew = std::chrono::seconds(10);
};

/// One `[[node]]`
struct NodeOptions {
  std::string id;
  std::string data_dir;                       ///< relative to the working directory of the process
  std::map<std::string, std::string> listen;  ///< transport instance → "host:port" to bind
  std::map<std::string, std::string>
      advertise;     ///< transport instance → where others must dial, if not what it listens on
  std::string zone;  ///< empty: none
  /// Where others dial the instance on this node: what is advertised, or else listened on; empty: neither.
  std::string address(const std::string& transport) const;
};

/// One `[kind.NAME]`: a plugin, and what it is told.
struct InstanceOptions {
  std::string kind;  ///< "resolver", "storage", "membership" or "transport"
  std::string name;
  std::string plugin;
  int vnodes_per_node = 128;  ///< of a membership instance; read by the kernel, not by the plugin
  Reserve reserve;            ///< of a storage instance, the same
  Setting settings;           ///< the table without what the kernel read; checked against the plugin's descriptor later
};

/// How many replicas: 1 <= min_r <= r <= n, the same for w, and n is at most the number of nodes.
struct QuorumOptions {
  int n = 3;
  int r = 2;
  int w = 2;
  int min_r = 1;  ///< no request asks for less
  int min_w = 1;
};

/// `siblings`: what merging does with concurrent versions.
enum class Siblings {
  keep,     ///< until a write with their context replaces them
  collapse  ///< to the winner of a resolver that is a total order
};

/// The bounds of one keyspace.
struct KeyspaceLimits {
  int max_siblings = 100;
  std::uint64_t max_value_bytes = 8 << 20;
  Duration timeout = std::chrono::seconds(1);  ///< of a request that states none
};

/// How one keyspace heals.
struct KeyspaceHealing {
  bool sloppy = true;  ///< the next node of the ring stands in for a primary that is down
  Duration hint_window = std::chrono::hours(3);
  std::uint64_t hint_bytes = 128 << 20;  ///< of hints for one target
  Duration tombstone_grace = std::chrono::hours(1);
};

/// One `[keyspace.NAME]`. The four kinds name instances of ClusterConfig.
struct KeyspaceOptions {
  std::string name;
  std::string resolver;
  std::string storage;
  std::string membership;
  std::vector<std::string> transports;
  QuorumOptions quorum;
  Siblings siblings = Siblings::keep;
  KeyspaceLimits limits;
  KeyspaceHealing healing;
};

/// `[healing]`: what this process may spend on bringing replicas together, and on finding out what it has lost.
struct HealingOptions {
  std::uint64_t hint_bytes_per_second = 16 << 20;       ///< to one target
  std::uint64_t repair_bytes_per_second = 16 << 20;     ///< of anti-entropy, to all peers together
  double repair_cpu_share = 0.25;                       ///< of each loop's time, for anti-entropy
  Duration repair_interval = std::chrono::seconds(10);  ///< every partition is compared with every peer once in it
  Duration collect_interval = std::chrono::minutes(5);  ///< between two searches for tombstones to collect
  Duration scrub_period = std::chrono::hours(7 * 24);   ///< all that is stored is read again once in it; zero: nothing
  std::uint64_t scrub_bytes_per_second = 8 << 20;       ///< of each storage's files, and of copies
};

/// `[server]`: this process.
struct ServerOptions {
  int threads = 0;            ///< loops; 0: one a core
  int max_in_flight = 16384;  ///< client requests admitted at a time; more are shed
};

enum class LogFormat { json, text };

/// `[log]`
struct LogOptions {
  LogFormat format = LogFormat::json;
  LogLevel level = LogLevel::info;
};

/// The whole file.
struct ClusterConfig {
  ClusterOptions cluster;
  std::vector<NodeOptions> nodes;          ///< in the file's order
  std::vector<InstanceOptions> instances;  ///< by kind, then name; a resolver that a keyspace names directly is one too
  std::vector<KeyspaceOptions> keyspaces;  ///< ascending by name
  ServerOptions server;
  HealingOptions healing;
  LogOptions log;
  std::vector<std::string> plugin_path;  ///< `[plugins] path`; empty: the default path

  /// Null if there is none. They live as long as this object is not changed.
  const NodeOptions* node(std::string_view id) const;
  const InstanceOptions* instance(std::string_view kind, std::string_view name) const;
  const KeyspaceOptions* keyspace(std::string_view name) const;
};

/// The kinds of plugin a `[kind.NAME]` may have, ascending.
inline constexpr const char* kInstanceKinds[] = {"membership", "resolver", "storage", "transport"};

}  // namespace stator
