#include "kernel/config/cluster_config.h"

#include <algorithm>

namespace stator {
namespace {

template <typename Range, typename Matches>
auto first(const Range& range, Matches matches) -> decltype(&*range.begin()) {
  auto at = std::find_if(range.begin(), range.end(), matches);
  return at != range.end() ? &*at : nullptr;
}

}  // namespace

std::string NodeOptions::address(const std::string& transport) const {
  for (const auto* addresses : {&advertise, &listen}) {
    auto at = addresses->find(transport);
    if (at != addresses->end()) return at->second;
  }
  return {};
}

const NodeOptions* ClusterConfig::node(std::string_view id) const {
  return first(nodes, [&](const NodeOptions& node) { return node.id == id; });
}

const InstanceOptions* ClusterConfig::instance(std::string_view kind, std::string_view name) const {
  return first(instances, [&](const InstanceOptions& each) { return each.kind == kind && each.name == name; });
}

const KeyspaceOptions* ClusterConfig::keyspace(std::string_view name) const {
  return first(keyspaces, [&](const KeyspaceOptions& keyspace) { return keyspace.name == name; });
}

}  // namespace stator
