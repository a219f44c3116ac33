#include "tests/cluster/linked_cluster.h"

#include <algorithm>

namespace stator::cluster {
namespace {

std::vector<std::string> names(std::size_t nodes) {
  std::vector<std::string> all;
  for (std::size_t node = 0; node < nodes; ++node) all.push_back(std::string("node-") + static_cast<char>('a' + node));
  return all;
}

}  // namespace

LinkedCluster::LinkedCluster(std::size_t nodes, std::uint64_t seed, const std::string& tables)
    : links_(nodes, seed), cluster_({.nodes = names(nodes), .tables = tables, .route = [this](auto from, auto to) {
                                       return links_.address(from, to);
                                     }}) {
  std::vector<RingNode> members;
  for (std::size_t node = 0; node < nodes; ++node) {
    links_.set_target(node, cluster_.port(node, "tcp"));
    members.push_back({cluster_.name(node), {}});
  }
  ring_ = Ring(std::move(members), {});
}

std::vector<std::uint16_t> LinkedCluster::ports() const {
  std::vector<std::uint16_t> all;
  for (std::size_t node = 0; node < size(); ++node) all.push_back(cluster_.port(node));
  return all;
}

std::vector<std::size_t> LinkedCluster::holders(const std::string& key) const {
  constexpr std::size_t kReplicas = 3;
  const Partition partition = partition_of(key_token("default", key), ring_.options().partition_bits);
  std::vector<std::size_t> all;
  for (const Preference& entry : ring_.preference_list(partition, kReplicas)) {
    if (entry.primary) all.push_back(entry.node);  // by id, and so are the cluster's
  }
  return all;
}

std::vector<std::string> LinkedCluster::copies(const std::string& key) {
  std::vector<std::string> all;
  for (std::size_t node : holders(key)) all.push_back(cluster_.http(node).get("/debug/siblings/" + key).body);
  return all;
}

bool LinkedCluster::agrees(const std::string& key) {
  for (std::size_t node = 0; node < size(); ++node) {
    if (!cluster_.process(node).running()) continue;
    const nlohmann::json page = cluster_.http(node).get("/admin/explain/" + key).json();
    return page.is_object() && page.value("equal", false);
  }
  return false;
}

}  // namespace stator::cluster
