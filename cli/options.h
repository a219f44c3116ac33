#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/bench/bench_options.h"
#include "cli/endpoint.h"

namespace stator::cli {

/// What each verb is asked to do, as values: parsing makes them, run() carries them out, neither knows the other.

/// Where a key lives.
struct KeyAddress {
  Endpoint node;
  std::string keyspace = "default";
  std::string key;
};

struct PutOptions {
  KeyAddress address;
  std::string value;         ///< "-": all of standard input
  std::string context;       ///< empty: a blind write
  std::string content_type;  ///< empty: application/octet-stream
  std::string op_id;         ///< empty: none
  std::optional<int> w;
  std::optional<std::chrono::milliseconds> ttl;  ///< absent: the value stays until it is replaced
  bool json = false;
};

/// An operation of the keyspace's data type.
struct UpdateOptions {
  KeyAddress address;
  std::string op;
  std::vector<std::string> arguments;  ///< "name=text" or "name:=JSON"
  std::string context;                 ///< empty: a removal takes away whatever is there
  std::string op_id;
  std::optional<int> w;
  std::optional<std::chrono::milliseconds> ttl;  ///< of what the operation adds
  bool json = false;
};

struct GetOptions {
  KeyAddress address;
  std::optional<int> r;
  std::string consistency;  ///< empty, "one", "quorum" or "all"
  bool json = false;
  bool raw = false;  ///< nothing but the value, even on a terminal
};

struct DeleteOptions {
  KeyAddress address;
  std::string context;
  std::string op_id;
  std::optional<int> w;
  bool json = false;
};

struct ExplainOptions {
  KeyAddress address;
  bool json = false;
};

struct StatusOptions {
  std::vector<Endpoint> nodes;
  bool json = false;
};

struct HealthOptions {
  std::vector<Endpoint> nodes;
  bool json = false;
};

struct RingOptions {
  Endpoint node;
  std::string key;      ///< empty: no placement is asked for
  bool tokens = false;  ///< list every token, too
  bool json = false;
};

struct HintsOptions {
  std::vector<Endpoint> nodes;
  bool wait = false;  ///< until all that is queued is delivered
  std::chrono::milliseconds patience{60'000};
  bool json = false;
};

struct RepairOptions {
  std::vector<Endpoint> nodes;
  std::string keyspace;  ///< empty: all
  std::chrono::milliseconds patience{60'000};
  bool json = false;
};

struct PluginListOptions {
  std::optional<Endpoint> node;  ///< absent: the plugins of this installation
  std::string directory;         ///< empty: ../lib/stator/plugins beside this program
  bool json = false;
};

struct PluginCheckOptions {
  std::string file;
  std::vector<std::string> options;  ///< KEY=VALUE, of the instance that is tried
  std::vector<std::string> only;     ///< names of checks; empty: all
  std::uint64_t seed = 1;
  std::chrono::seconds patience{600};  ///< with each check
  bool in_process = false;             ///< none has a process of its own: for debuggers
  bool json = false;
};

/// A plugin in simulated clusters.
struct PluginSimulateOptions {
  std::string file;
  std::vector<std::string> options;  ///< KEY=VALUE, of its instances
  double hours = 1;                  ///< of virtual time
  std::uint64_t seed = 1;            ///< of the first history
};

struct PluginDescribeOptions {
  std::string file;
  bool json = false;
};

struct PluginNewOptions {
  std::string kind;
  std::string name;       ///< of the plugin, and of the directory that is made for it
  std::string directory;  ///< where that directory is made; empty: here
};

struct StorageConvertOptions {
  std::string config;       ///< the cluster's file, which names the plugin that is wanted
  std::string node;         ///< the node whose data_dir it is; it does not run
  std::string storage;      ///< NAME of [storage.NAME]
  std::string from_config;  ///< the file as it was when the storage was written; empty: options were the defaults
  bool json = false;
};

/// What stored files were written under, where they are opened and no node runs.
struct StoredUnder {
  std::string plugins;  ///< where plugins are; empty: where statord would look
  std::string config;   ///< the cluster's file; empty: the plugins' defaults
  std::string storage;  ///< NAME of [storage.NAME] in it; empty: as each storage's directory is called
};

struct StorageCheckOptions {
  std::vector<std::string> directories;  ///< of nodes that do not run, or single storages of theirs
  StoredUnder under;
  bool json = false;
};

struct StorageQuarantineOptions {
  std::string directory;  ///< of a node that does not run, or a single storage of its
  StoredUnder under;
  bool json = false;
};

/// One of the verbs of `stator storage`.
struct StorageOptions {
  std::variant<StorageConvertOptions, StorageCheckOptions, StorageQuarantineOptions> verb;
};

/// One of the verbs of `stator backup`.
struct BackupOptions {
  enum class Verb { create, verify, restore };
  Verb verb = Verb::verify;
  std::string directory;  ///< where the backup is, or is to be
  std::vector<Endpoint> nodes;
  bool allow_missing = false;  ///< create: without the nodes that do not answer
  bool abandon = false;        ///< restore: only forget that one was begun
  StoredUnder under;           ///< verify, restore: of the cluster that was backed up
  bool json = false;
};

struct DemoOptions {
  bool keep = false;     ///< leave the cluster running and its directory in place
  bool verbose = false;  ///< say how the nodes are started, and show their logs' places
};

using Invocation =
    std::variant<PutOptions, UpdateOptions, GetOptions, DeleteOptions, ExplainOptions, StatusOptions, HealthOptions,
                 RingOptions, HintsOptions, RepairOptions, PluginListOptions, PluginCheckOptions, PluginSimulateOptions,
                 PluginDescribeOptions, PluginNewOptions, StorageOptions, BackupOptions, BenchOptions, DemoOptions>;

}  // namespace stator::cli
