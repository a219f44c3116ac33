#include "kernel/node/tombstone_rules.h"

#include <algorithm>

namespace stator {
namespace {

std::string seconds_text(std::uint64_t millis) {
  return std::to_string(millis / 1000) + "." + std::to_string(millis / 100 % 10) + " s";
}

void add_name(std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + name; }

TombstoneRule grace_rule(const ExplainedKey& key, std::uint64_t since) {
  const auto grace = static_cast<std::uint64_t>(key.keyspace.rules.tombstone_grace.count());
  const std::uint64_t age = key.wall_millis > since ? key.wall_millis - since : 0;
  const bool holds = age > grace;
  return {1, holds,
          "it is " + seconds_text(age) + " old, tombstone_grace is " + seconds_text(grace) +
              (holds ? "" : ": " + seconds_text(grace - age) + " to go")};
}

TombstoneRule agreement_rule(const ExplainedKey& key) {
  std::string silent;
  std::string differing;
  std::optional<std::uint64_t> digest;
  for (const ExplainedKey::Node& node : key.nodes) {
    if (!node.primary) continue;
    if (!node.failure.empty()) {
      add_name(silent, node.id);
      continue;
    }
    if (digest && *digest != node.report.digest) add_name(differing, node.id);
    if (!digest) digest = node.report.digest;
  }
  if (!silent.empty()) return {2, false, "not every replica answered: " + silent};
  if (!differing.empty()) return {2, false, "replicas hold different records: " + differing};
  return {2, true, "every replica holds the same record"};
}

TombstoneRule hints_rule(const ExplainedKey& key) {
  std::string holding;
  std::string silent;
  for (const ExplainedKey::Node& node : key.nodes) {
    if (!node.failure.empty()) add_name(silent, node.id);
    for (const std::string& target : node.report.partition_hints_for) add_name(holding, node.id + " for " + target);
  }
  if (!holding.empty()) return {3, false, "hints of the partition are held: " + holding};
  if (!silent.empty()) return {3, false, "a member that is down counts as holding a hint: " + silent};
  return {3, true, "no node holds a hint of the partition"};
}

}  // namespace

std::optional<std::uint64_t> gone_since_millis(const Record& merged, std::uint64_t wall_millis) {
  std::optional<std::uint64_t> since;
  for (const Version& version : merged.versions) {
    const bool expired = version.expires && version.expires->millis() <= wall_millis;
    if (!version.tombstone && !expired) return std::nullopt;
    const std::uint64_t gone = version.tombstone ? version.stamp.millis() : version.expires->millis();
    since = std::max(since.value_or(0), gone);
  }
  return since;
}

std::vector<TombstoneRule> tombstone_rules(const ExplainedKey& key, std::uint64_t gone_since_millis) {
  return {grace_rule(key, gone_since_millis),
          agreement_rule(key),
          hints_rule(key),
          {4, true, "no change of the topology is open"}};
}

}  // namespace stator
