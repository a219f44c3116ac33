#include "kernel/ring/ring.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "kernel/invariant.h"

namespace stator {
namespace {

std::uint64_t fingerprint_of(const std::vector<RingNode>& nodes, const RingOptions& options) {
  std::string text = std::to_string(options.partition_bits) + "/" + std::to_string(options.vnodes_per_node);
  for (const RingNode& node : nodes) text += "\n" + node.id + "\t" + node.zone;
  return key_token("ring", text);
}

}  // namespace

Ring::Ring(std::vector<RingNode> nodes, RingOptions options) : options_(options), nodes_(std::move(nodes)) {
  STATOR_INVARIANT(options_.partition_bits >= 1 && options_.partition_bits <= kMaxPartitionBits,
                   "the grid fits 16 bits");
  std::sort(nodes_.begin(), nodes_.end(), [](const RingNode& a, const RingNode& b) { return a.id < b.id; });
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    for (int index = 0; index < options_.vnodes_per_node; ++index) {
      tokens_.push_back({node_token(nodes_[node].id, static_cast<std::uint32_t>(index)), node});
    }
  }
  std::sort(tokens_.begin(), tokens_.end(), [](const VirtualNode& a, const VirtualNode& b) {
    return std::tie(a.token, a.node) < std::tie(b.token, b.node);
  });
  fingerprint_ = fingerprint_of(nodes_, options_);
}

// Every node once, in the order in which its first virtual node is met.
std::vector<std::size_t> Ring::clockwise(Partition partition) const {
  std::vector<std::size_t> order;
  std::vector<bool> met(nodes_.size(), false);
  auto at = std::lower_bound(tokens_.begin(), tokens_.end(), first_token(partition, options_.partition_bits),
                             [](const VirtualNode& vnode, Token token) { return vnode.token < token; });
  for (std::size_t step = 0; step < tokens_.size() && order.size() < nodes_.size(); ++step, ++at) {
    if (at == tokens_.end()) at = tokens_.begin();
    if (!met[at->node]) {
      met[at->node] = true;
      order.push_back(at->node);
    }
  }
  return order;
}

std::vector<Preference> Ring::preference_list(Partition partition, std::size_t n) const {
  std::vector<std::size_t> order = clockwise(partition);
  std::set<std::string> zones;
  const auto first_of_zone = [&](std::size_t node) {
    return zones.size() < n && (nodes_[node].zone.empty() || zones.insert(nodes_[node].zone).second);
  };
  // Nodes of new zones first, then the others in the order they were passed over: with too few zones the N are still
  // filled.
  std::stable_partition(order.begin(), order.end(), first_of_zone);
  std::vector<Preference> list;
  list.reserve(order.size());
  for (std::size_t node : order) list.push_back({node, list.size() < n});
  return list;
}

std::size_t Ring::partitions_owned(std::size_t node, std::size_t n) const {
  std::size_t owned = 0;
  for (std::size_t partition = 0; partition < partitions(); ++partition) {
    for (const Preference& entry : preference_list(static_cast<Partition>(partition), n)) {
      if (entry.primary && entry.node == node) ++owned;
    }
  }
  return owned;
}

}  // namespace stator
