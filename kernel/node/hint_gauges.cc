#include "kernel/node/hint_gauges.h"

#include <set>
#include <string>

namespace stator {

void make_hint_gauges(Metrics& metrics, const Node& node) {
  std::set<std::string> targets;
  for (const std::string& membership : node.memberships()) {
    for (const Member& member : node.ring(membership)->members) targets.insert(member.id);
  }
  targets.erase(node.identity().node);
  const HintLedger& ledger = node.hint_ledger();
  const auto count = [&](const char* name, const char* help, std::uint64_t HintTotals::*number) {
    for (const std::string& target : targets) {
      metrics.counter(name, help, {{"target", target}},
                      [&ledger, target, number] { return static_cast<double>(ledger.of(target).*number); });
    }
  };
  for (const std::string& target : targets) {
    metrics.gauge("stator_hints_pending", "Hints kept for the node until it has them (handoff.queue.depth).",
                  {{"target", target}}, [&ledger, target] { return static_cast<double>(ledger.of(target).pending); });
  }
  count("stator_hints_delivered_total", "Hints that the node they are for has acknowledged.", &HintTotals::delivered);
  count("stator_hints_rehomed_total", "Hints past their window that another primary has acknowledged.",
        &HintTotals::rehomed);
  count("stator_hints_dropped_total", "Hints past their window that are left to anti-entropy.", &HintTotals::dropped);
  count("stator_hints_overflowed_total", "Hints not taken, since there were too many bytes for the node already.",
        &HintTotals::overflowed);
  metrics.counter("stator_repair_bytes_total", "Bytes moved to make replicas equal.", {{"kind", "hint"}}, [&ledger] {
    double sum = 0;
    for (const auto& [target, hints] : ledger.totals()) sum += static_cast<double>(hints.sent_bytes);
    return sum;
  });
}

}  // namespace stator
