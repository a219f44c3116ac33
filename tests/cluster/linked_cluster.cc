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
  for (std::size_t node = 0; node < nodes; ++node) links_.set_target(node, cluster_.port(node, "tcp"));
}

std::vector<std::uint16_t> LinkedCluster::ports() const {
  std::vector<std::uint16_t> all;
  for (std::size_t node = 0; node < size(); ++node) all.push_back(cluster_.port(node));
  return all;
}

std::vector<std::size_t> LinkedCluster::holders(const std::string& key) {
  for (std::size_t asked = 0; asked < size(); ++asked) {
    if (!cluster_.process(asked).running()) continue;
    const nlohmann::json ring = cluster_.http(asked).get("/admin/ring?key=" + key).json();
    if (!ring.is_object()) continue;
    std::vector<std::size_t> all;
    for (const std::string id : ring["placement"]["preference_list"]) {
      for (std::size_t node = 0; node < size(); ++node) {
        if (cluster_.name(node) == id) all.push_back(node);
      }
    }
    return all;
  }
  return {};
}

std::vector<std::string> LinkedCluster::copies(const std::string& key) {
  std::vector<std::string> all;
  for (std::size_t node : holders(key)) all.push_back(cluster_.http(node).get("/debug/siblings/" + key).body);
  return all;
}

bool LinkedCluster::agrees(const std::string& key) {
  const std::vector<std::string> all = copies(key);
  return !all.empty() && !all.front().empty() &&
         std::all_of(all.begin(), all.end(), [&](const std::string& copy) { return copy == all.front(); });
}

}  // namespace stator::cluster
