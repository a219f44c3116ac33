#include "kernel/healing/anti_entropy.h"

#include <numeric>
#include <set>
#include <utility>

namespace stator {
namespace {

constexpr std::chrono::seconds kMeetPeers{1};

}  // namespace

AntiEntropy::AntiEntropy(Parts parts, RepairPlan plan, const Options& options)
    : executor_(parts.executor),
      plan_(std::move(plan)),
      budget_(options.bytes_per_second),
      cpu_(options.cpu_share),
      tools_{parts.executor,         parts.replica,  parts.links, parts.stamps, std::move(parts.merge_own),
             std::move(parts.equal), parts.counters, budget_,     cpu_},
      last_(parts.last),
      builder_({parts.executor, cpu_}, parts.replica, kept(), {plan_.index, plan_.loops}) {
  plan_.interval = options.interval;
  parts.replica.set_observer(builder_);
}

std::vector<TreeBuilder::Kept> AntiEntropy::kept() const {
  std::vector<TreeBuilder::Kept> all;
  for (RepairKeyspace* repair : plan_.keyspaces)
    all.push_back({repair->keyspace.store, repair->keyspace.id, &repair->trees});
  return all;
}

void AntiEntropy::begin() {
  if (plan_.interval <= Duration(0)) return;
  builder_.begin();
  meet_peers();
}

void AntiEntropy::end() {
  executor_.cancel(std::exchange(timer_, 0));
  builder_.end();
  for (auto& [node, peer] : peers_) peer->end();
}

void AntiEntropy::hurry(const RepairKeyspace* only) {
  for (auto& [node, peer] : peers_) peer->hurry(only);
}

std::size_t AntiEntropy::under_way() const {
  return std::accumulate(peers_.begin(), peers_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& entry) { return sum + entry.second->line().under_way(); });
}

// Members come and go. Who is gone shares no partition any more, and is asked nothing.
void AntiEntropy::meet_peers() {
  std::vector<std::shared_ptr<const Placement>> placements;
  for (RepairKeyspace* repair : plan_.keyspaces) placements.push_back(repair->keyspace.current_placement());
  std::set<std::string> nodes;
  if (placements != placements_) {
    for (const auto& placement : placements) {
      for (const auto& holders : placement->primaries) nodes.insert(holders.begin(), holders.end());
    }
    placements_ = std::move(placements);
  }
  for (const std::string& node : nodes) {
    if (node == plan_.node || peers_.contains(node)) continue;
    peers_[node] = std::make_unique<PeerRepair>(tools_, plan_, node, last_);
    peers_[node]->begin();
  }
  timer_ = executor_.after(kMeetPeers, [this] { meet_peers(); });
}

}  // namespace stator
