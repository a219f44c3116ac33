#include "tests/cluster/cluster.h"

#include <algorithm>
#include <thread>

#include "tests/cluster/free_ports.h"

namespace stator::cluster {
namespace {

std::string listen_table(const std::map<std::string, std::vector<std::uint16_t>>& ports, std::size_t node) {
  std::string table;
  for (const auto& [transport, numbers] : ports) {
    table += (table.empty() ? "" : ", ") + transport + " = \"127.0.0.1:" + std::to_string(numbers[node]) + "\"";
  }
  return "{ " + table + " }";
}

std::string quoted_list(const std::string& separated) {
  std::string list;
  for (std::size_t at = 0; at <= separated.size();) {
    const std::size_t end = std::min(separated.find(':', at), separated.size());
    list += (list.empty() ? "\"" : ", \"") + separated.substr(at, end - at) + "\"";
    at = end + 1;
  }
  return "[" + list + "]";
}

/// The client's loop reaches every member: each holds one of so many keys.
bool reaches_everybody(HttpClient& client) {
  constexpr int kKeys = 16;
  for (int key = 0; key < kKeys; ++key) {
    const std::string path = "/kv/is-everybody-there-" + std::to_string(key) + "?consistency=all&timeout_ms=1000";
    if (!await([&] { return client.get(path).status == 404; })) return false;
  }
  return true;
}

}  // namespace

const char* const kOrdinaryTables = R"(
[membership.main]
plugin = "static"

[storage.fast]
plugin = "memtable"
segment_bytes = "1MiB"
snapshot_after_bytes = "4MiB"

[transport.http]
plugin = "http"

[transport.grpc]
plugin = "grpc"

[transport.tcp]
plugin = "tcp"

[keyspace.default]
resolver = "lww"
storage = "fast"
membership = "main"
transports = ["http", "grpc"]
n = 3
r = 2
w = 2
)";

std::string ordinary_tables(const std::string& storage) {
  std::string tables = kOrdinaryTables;
  const std::size_t begin = tables.find("plugin = \"memtable\"");
  return tables.replace(begin, tables.find("\n[", begin) - begin, storage);
}

const char* const kPlugins = STATOR_PLUGINS;

Cluster::Cluster(const ClusterPlan& plan) : plan_(plan) {
  const std::vector<std::uint16_t> free = free_ports(plan.nodes.size() * plan.transports.size());
  auto next = free.begin();
  for (const std::string& transport : plan.transports) {
    ports_[transport].assign(next, next + static_cast<std::ptrdiff_t>(plan.nodes.size()));
    next += static_cast<std::ptrdiff_t>(plan.nodes.size());
  }
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    scratch_.write(std::filesystem::path(config(node)).filename(), config_text(node));
    processes_.push_back(std::make_unique<ServerProcess>(command(node)));
  }
}

std::string Cluster::config_text(std::size_t reader) const {
  std::string text = "[cluster]\nid = \"test\"\npeer_transport = \"" + plan_.peer_transport + "\"\n\n";
  for (std::size_t node = 0; node < size(); ++node) {
    text += "[[node]]\nid = \"" + name(node) + "\"\ndata_dir = \"" + data_directory(node) +
            "\"\nlisten = " + listen_table(ports_, node) + "\n";
    if (plan_.route && node != reader) {
      text += "advertise = { " + plan_.peer_transport + " = \"" + plan_.route(reader, node) + "\" }\n";
    }
    text += "\n";
  }
  return text + "[plugins]\npath = " + quoted_list(plan_.plugin_path) + "\n" + plan_.tables;
}

std::uint16_t Cluster::port(std::size_t node, const std::string& transport) const { return ports_.at(transport)[node]; }

std::string Cluster::address(std::size_t node, const std::string& transport) const {
  return "127.0.0.1:" + std::to_string(port(node, transport));
}

std::vector<std::string> Cluster::storage_files(std::size_t node, const std::string& storage,
                                                const std::string& extension) const {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(data_directory(node) + "/storage/" + storage)) {
    if (entry.path().extension() == extension) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

ServerProcess::Command Cluster::command(std::size_t node) const {
  const std::string output = scratch_.path(name(node) + ".out");
  const std::string errors = scratch_.path(name(node) + ".log");
  return {STATORD, {"--config=" + config(node), "--node-id=" + name(node)}, {}, output, errors};
}

testing::AssertionResult Cluster::start(std::size_t node) {
  process(node).start();
  const bool settled = await([&] { return is_answering(node) || !process(node).running(); });
  if (settled && process(node).running()) return testing::AssertionSuccess();
  const std::string how =
      settled ? "ended by itself with " + std::to_string(*process(node).wait_exit()) : "stays silent";
  return testing::AssertionFailure() << name(node) << " " << how << "; it wrote:\n" << process(node).errors();
}

testing::AssertionResult Cluster::start_all() {
  for (std::size_t node = 0; node < size(); ++node) {
    if (!process(node).running()) process(node).start();
  }
  for (std::size_t node = 0; node < size(); ++node) {
    const bool settled = await([&] { return is_answering(node) || !process(node).running(); });
    if (settled && process(node).running()) continue;
    return testing::AssertionFailure() << name(node) << " does not come up; it wrote:\n" << process(node).errors();
  }
  return await_connected();
}

testing::AssertionResult Cluster::await_connected() {
  // A node deals its connections out to its loops in turn, and each loop has links of its own.
  const std::size_t connections = 2 * std::max<std::size_t>(1, std::thread::hardware_concurrency());
  for (std::size_t node = 0; node < size(); ++node) {
    std::vector<HttpClient> clients;
    for (std::size_t i = 0; i < connections; ++i) clients.push_back(http(node));
    if (std::all_of(clients.begin(), clients.end(), reaches_everybody)) continue;
    return testing::AssertionFailure() << name(node) << " does not reach the others; it wrote:\n"
                                       << process(node).errors();
  }
  return testing::AssertionSuccess();
}

bool Cluster::is_answering(std::size_t node) {
  HttpClient client(port(node), std::chrono::seconds(2));
  return client.get("/health").body == "ok\n";
}

}  // namespace stator::cluster
