#include "cli/demo/local_cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "cli/http_client.h"

namespace stator::cli {
namespace {

using namespace std::chrono_literals;

/// Ports of the loopback that nobody listens on. All are held at the same time, so that they differ. Fewer than
/// asked for if there are no more.
std::vector<int> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (std::size_t i = 0; i < count; ++i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.push_back(fd);
    const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0 &&
                       getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    if (bound) {
      ports.push_back(ntohs(address.sin_port));
    }
  }
  for (const int fd : sockets) {
    close(fd);
  }
  return ports;
}

std::string address(int port) { return "127.0.0.1:" + std::to_string(port); }

constexpr const char* kInstances = R"(
[membership.main]
plugin = "static"

[storage.fast]
plugin = "memtable"

[transport.http]
plugin = "http"

[transport.grpc]
plugin = "grpc"

[transport.tcp]
plugin = "tcp"

[keyspace.default]
resolver   = "lww"
storage    = "fast"
membership = "main"
transports = ["http", "grpc"]
n = 3
r = 2
w = 2
)";

std::string config_text(const std::vector<int>& ports) {
  std::string text = "[cluster]\nid = \"demo\"\npeer_transport = \"tcp\"\n";
  for (std::size_t i = 0; i < LocalCluster::kNodes; ++i) {
    const std::string name = LocalCluster::name(i);
    std::ostringstream node;
    node << "\n[[node]]\nid       = \"" << name << "\"\ndata_dir = \"./data/" << name << "\"\nlisten   = { http = \""
         << address(ports[3 * i]) << "\", grpc = \"" << address(ports[3 * i + 1]) << "\", tcp = \""
         << address(ports[3 * i + 2]) << "\" }\n";
    text += node.str();
  }
  return text + kInstances;
}

/// The last lines of a file.
std::string tail_of(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  constexpr std::size_t kTail = 2000;
  return text.size() > kTail ? "... " + text.substr(text.size() - kTail) : text;
}

}  // namespace

Result<std::unique_ptr<LocalCluster>> LocalCluster::create(const std::string& statord, bool keep) {
  if (access(statord.c_str(), X_OK) != 0) {
    return Status(Code::not_found, statord + ": the server should be beside this program, and is not");
  }
  std::unique_ptr<LocalCluster> cluster(new LocalCluster(statord, keep));
  if (Status status = cluster->prepare(); !status.is_ok()) {
    return status;
  }
  return cluster;
}

Status LocalCluster::prepare() {
  std::error_code error;
  std::string pattern = (std::filesystem::temp_directory_path(error) / "stator-demo-XXXXXX").string();
  if (error || mkdtemp(pattern.data()) == nullptr) {
    return {Code::internal, "no temporary directory: " + std::string(std::strerror(errno))};
  }
  directory_ = pattern;
  const std::vector<int> ports = free_ports(3 * kNodes);
  if (ports.size() < 3 * kNodes) {
    return {Code::unavailable, "no free ports on 127.0.0.1"};
  }
  for (std::size_t i = 0; i < kNodes; ++i) {
    http_[i] = {"http", "127.0.0.1", std::to_string(ports[3 * i])};
  }
  std::ofstream file(config());
  file << config_text(ports) << std::flush;
  return file ? Status::ok() : Status(Code::internal, config() + ": cannot be written");
}

LocalCluster::~LocalCluster() {
  if (keep_) {
    for (NodeProcess& process : processes_) {
      process.release();
    }
    return;
  }
  for (NodeProcess& process : processes_) {
    process.stop();
  }
  std::error_code ignored;  // nothing can be done about what is left in the temporary directory
  if (!directory_.empty()) {
    std::filesystem::remove_all(directory_, ignored);
  }
}

Status LocalCluster::start(std::size_t node) {
  return processes_[node].start({.program = statord_,
                                 .arguments = {"--config=" + config(), "--node-id=" + name(node)},
                                 .directory = directory(),
                                 .log = log(node),
                                 .outlives_us = keep_});
}

std::string LocalCluster::command_text(std::size_t node) const {
  return statord_ + " --config=" + config() + " --node-id=" + name(node);
}

Status LocalCluster::check_running() {
  for (std::size_t i = 0; i < kNodes; ++i) {
    if (!processes_[i].running()) {
      return {Code::unavailable, name(i) + " has ended; its log says:\n" + tail_of(log(i))};
    }
  }
  return Status::ok();
}

// Each of a node's loops has links of its own, and which loop a request meets depends on its key and its connection: so
// many different ones must succeed in a row.
Status LocalCluster::wait_until_connected() {
  const std::size_t loops = std::max(2u, std::thread::hardware_concurrency());
  const std::size_t enough = 16 * loops * kNodes;
  const auto until = std::chrono::steady_clock::now() + 20s;
  std::size_t served = 0;
  while (served < enough) {
    if (Status status = check_running(); !status.is_ok()) {
      return status;
    }
    const std::size_t node = served % kNodes;
    const HttpRequest probe{.target = "/kv/is-anybody-there-" + std::to_string(served) + "?r=3"};
    const auto answer = fetch(http_[node], probe, 2s);
    if (answer.is_ok() && answer->status == 404) {
      ++served;
      continue;
    }
    served = 0;
    if (std::chrono::steady_clock::now() > until) {
      const std::string last =
          answer.is_ok() ? "HTTP " + std::to_string(answer->status) + " " + answer->body : answer.status().message();
      return {Code::deadline_exceeded, name(node) + " does not reach all replicas: " + last};
    }
    std::this_thread::sleep_for(50ms);
  }
  return Status::ok();
}

}  // namespace stator::cli
