// What anti-entropy costs and how long it takes: three replicas of many keys, of which one has missed the newest writes
// of a few.
//
//   repair_bench [keys [percent [value_bytes]]]            in a simulated cluster: virtual seconds
//   repair_bench processes [keys [percent [value_bytes]]]  on three real nodes of this machine
//
// Prints the bytes that moved, their ratio to the records that differed, and the seconds until all replicas were equal.
// A measurement, not a test: nothing is asserted.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "tests/cluster/cluster.h"
#include "tests/healing/repairs.h"

namespace stator {
namespace {

struct Load {
  std::size_t keys = 100'000;
  double percent = 5;
  std::size_t value_bytes = 200;

  std::size_t differing() const { return static_cast<std::size_t>(static_cast<double>(keys) * percent / 100); }
  std::size_t stride() const { return std::max<std::size_t>(1, keys / std::max<std::size_t>(1, differing())); }
};

std::string name(std::size_t key) { return "key-" + std::to_string(key); }

void print(const Load& load, std::uint64_t bytes, std::uint64_t differing_bytes, double seconds) {
  std::printf("%zu keys, %zu differ: %llu bytes moved, %.2f times the %llu that differed, equal after %.1f s\n",
              load.keys, load.differing(), static_cast<unsigned long long>(bytes),
              static_cast<double>(bytes) / static_cast<double>(differing_bytes),
              static_cast<unsigned long long>(differing_bytes), seconds);
}

void simulate(const Load& load) {
  simulation::ClusterOptions options = simulation::repairing();
  options.setup.partition_bits = 12;
  simulation::Cluster cluster(std::move(options));
  const auto put_all = [&](std::size_t stride, const Bytes& value) {
    for (std::size_t key = 0; key < load.keys; key += stride) {
      cluster.put(0, simulation::put_of(name(key), value), [](const Outcome<PutResult>&) {});
      if (key / stride % 1000 == 0) cluster.scheduler().run_for(std::chrono::milliseconds(100));
    }
    simulation::settle(cluster);
  };
  put_all(1, Bytes(load.value_bytes, 'v'));
  cluster.network().isolate("node-c", cluster.ids());
  put_all(load.stride(), Bytes(load.value_bytes, 'w'));
  std::vector<Bytes> differing;
  std::uint64_t differing_bytes = 0;
  for (std::size_t key = 0; key < load.keys; key += load.stride()) {
    differing.push_back(name(key));
    differing_bytes += differing.back().size() + encode_record(*cluster.copy(0, differing.back())).size();
  }
  const auto moved = [&] {
    std::uint64_t bytes = 0;
    for (std::size_t node = 0; node < 3; ++node)
      bytes += cluster[node].node().repair_counters().anti_entropy_bytes.load();
    return bytes;
  };
  cluster.network().heal();
  const std::uint64_t before = moved();
  const TimePoint begun = cluster.scheduler().now();
  const std::clock_t cpu = std::clock();
  while (!simulation::converged(cluster, differing) && cluster.scheduler().now() - begun < std::chrono::minutes(10))
    cluster.scheduler().run_for(std::chrono::milliseconds(100));
  print(load, moved() - before, differing_bytes,
        std::chrono::duration<double>(cluster.scheduler().now() - begun).count());
  std::printf("%.2f s of processor time for all three nodes\n",
              static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
}

void put_keys(cluster::Cluster& nodes, const Load& load, std::size_t stride, const std::string& value) {
  constexpr std::size_t kClients = 32;
  std::vector<std::thread> clients;
  for (std::size_t client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      cluster::HttpClient http = nodes.http(client % 2);
      for (std::size_t key = client * stride; key < load.keys; key += kClients * stride) {
        if (http.put("/kv/" + name(key) + "?w=2", value).status != 204) std::printf("a write failed\n");
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

void measure_processes(const Load& load) {
  cluster::ClusterPlan plan;
  plan.tables = std::string(cluster::kOrdinaryTables) + "hint_window = \"1ms\"\nsloppy = false\n";
  cluster::Cluster nodes(plan);
  if (!nodes.start_all()) return;
  const auto page = [&](std::size_t node) { return nodes.http(node).get("/debug/ae").json(); };
  const auto moved = [&] {
    std::uint64_t bytes = 0;
    for (std::size_t node = 0; node < 3; ++node) {
      const nlohmann::json state = page(node);  // of a node that is down there is none
      if (state.is_object()) bytes += state.value("bytes", std::uint64_t{0});
    }
    return bytes;
  };
  put_keys(nodes, load, 1, std::string(load.value_bytes, 'v'));
  // All are equal before one of them goes: what is measured is what it misses then.
  std::this_thread::sleep_for(std::chrono::seconds(30));
  nodes.process(2).kill_now();
  put_keys(nodes, load, load.stride(), std::string(load.value_bytes, 'w'));
  const std::uint64_t before = moved();
  const auto begun = std::chrono::steady_clock::now();
  if (!nodes.start(2)) return;
  // Equal where every node has found every partition equal in a round that began after the writes.
  const auto equal = [&] {
    for (std::size_t node = 0; node < 3; ++node) {
      const nlohmann::json state = page(node);
      if (!state.is_object()) return false;
      const nlohmann::json& pairs = state["keyspaces"]["default"];
      const double waited = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
      if (pairs["divergent"] != 0 || pairs["partitions_verified"] != pairs["partitions"] ||
          state.value("repair_debt_seconds", 1e9) > waited)
        return false;
    }
    return true;
  };
  cluster::await(equal, std::chrono::minutes(10));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  // A record is its value and about 70 bytes: the key, the context, the dot, the stamps.
  print(load, moved() - before, load.differing() * (load.value_bytes + 70), seconds);
}

}  // namespace
}  // namespace stator

int main(int argc, char** argv) {
  const bool processes = argc > 1 && std::string(argv[1]) == "processes";
  stator::Load load;
  const int first = processes ? 2 : 1;
  if (argc > first) load.keys = std::strtoull(argv[first], nullptr, 10);
  if (argc > first + 1) load.percent = std::strtod(argv[first + 1], nullptr);
  if (argc > first + 2) load.value_bytes = std::strtoull(argv[first + 2], nullptr, 10);
  processes ? stator::measure_processes(load) : stator::simulate(load);
  return 0;
}
