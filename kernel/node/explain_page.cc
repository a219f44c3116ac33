#include "kernel/node/explain_page.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "kernel/causality/record_codec.h"
#include "kernel/coordinator/read_view.h"
#include "kernel/node/tombstone_rules.h"

namespace stator {
namespace {

using Json = nlohmann::ordered_json;

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

/// Names dots as clients see them: "node-a:3", and "node-a#2:1" of the node's second epoch in the key.
class DotNames {
 public:
  explicit DotNames(const Context& context) : context_(context), clock_(vector_clock(context)) {}
  std::string of(const Dot& dot) const {
    std::string name = dot.actor.node;
    for (std::size_t i = 0; i < clock_.size(); ++i) {
      if (context_.entries()[i].actor == dot.actor) name = clock_[i].first;
    }
    return name + ":" + std::to_string(dot.counter);
  }

 private:
  const Context& context_;
  const std::vector<std::pair<std::string, std::uint64_t>> clock_;
};

Json clock_json(const Context& context) {
  Json clock = Json::object();
  for (const auto& [node, counter] : vector_clock(context)) clock[node] = counter;
  return clock;
}

Json version_json(const Version& version, const DotNames& names, std::uint64_t wall_millis) {
  Json json;
  json["version"] = names.of(version.dot);
  json["epoch"] = hex(version.dot.actor.epoch.bits);
  json["stamp"] = hex(version.stamp.bits);
  json["lwwMillis"] = version.stamp.millis();
  json["tombstone"] = version.tombstone;
  json["bytes"] = version.value.size();
  json["content_type"] = version.content_type;
  json["expires_millis"] = version.expires ? Json(version.expires->millis()) : Json();
  json["expired"] = version.expires && version.expires->millis() <= wall_millis;
  return json;
}

std::optional<Record> record_of(const KeyReport& report) {
  if (report.digest == 0) return std::nullopt;
  Result<Record> record = decode_record(report.record);
  return record.is_ok() ? std::optional(std::move(*record)) : std::nullopt;
}

/// What a reader of all replicas that answered would merge; nothing if none holds the key.
std::optional<Record> merged_record(const ExplainedKey& key) {
  std::optional<Record> merged;
  for (const ExplainedKey::Node& node : key.nodes) {
    std::optional<Record> record = node.primary ? record_of(node.report) : std::nullopt;
    if (!record) continue;
    merged = merged ? merge(std::move(*merged), std::move(*record)) : std::move(*record);
  }
  return merged;
}

Json hints_json(const ExplainedKey& key) {
  Json hints = Json::array();
  for (const ExplainedKey::Node& node : key.nodes) {
    for (const KeyReport::Hint& hint : node.report.hints) {
      hints.push_back({{"node", node.id},
                       {"target", hint.target},
                       {"kind", hint.by_reference ? "reference" : "copy"},
                       {"digest", hint.by_reference ? Json() : Json(hex(hint.digest))}});
    }
  }
  return hints;
}

Json comparisons_json(const KeyReport& report) {
  Json all = Json::array();
  for (const KeyReport::Comparison& comparison : report.comparisons) {
    all.push_back({{"peer", comparison.peer},
                   {"equal_for_millis", comparison.equal_for ? Json(comparison.equal_for->count()) : Json()},
                   {"differs", comparison.differs}});
  }
  return all;
}

/// The leaf that the key is in, as the replicas have it.
Json leaf_json(const ExplainedKey& key) {
  Json leaf = {{"state", "unknown"}};
  std::optional<std::uint64_t> hash;
  bool built = true;
  bool differs = false;
  bool silent = false;
  for (const ExplainedKey::Node& node : key.nodes) {
    if (!node.primary) continue;
    if (!node.failure.empty()) {
      silent = true;
      continue;
    }
    built = built && node.report.leaf.built;
    differs = differs || (hash && *hash != node.report.leaf.hash);
    hash = hash.value_or(node.report.leaf.hash);
    leaf["number"] = node.report.leaf.number;
  }
  if (hash) leaf["state"] = !built ? "building" : differs ? "differs" : silent ? "unknown" : "equal";
  return leaf;
}

Json node_json(const ExplainedKey::Node& node, const DotNames& names, std::uint64_t wall_millis) {
  Json json = {{"node", node.id}, {"role", node.primary ? "primary" : "fallback"}, {"state", node.state}};
  if (!node.failure.empty()) {
    json["status"] = "unreachable";
    json["message"] = node.failure;
    return json;
  }
  json["partition_hints_for"] = node.report.partition_hints_for;
  json["leaf"] = {{"built", node.report.leaf.built}, {"hash", hex(node.report.leaf.hash)}};
  json["comparisons"] = comparisons_json(node.report);
  const std::optional<Record> record = record_of(node.report);
  json["status"] = record ? "holds" : "absent";
  if (!record) return json;
  json["digest"] = hex(node.report.digest);
  json["marked"] = node.report.marked;
  json["vectorClock"] = clock_json(record->context);
  json["versions"] = Json::array();
  for (const Version& version : record->versions) json["versions"].push_back(version_json(version, names, wall_millis));
  return json;
}

/// Whether every replica of the key answered, and with the same record.
bool all_equal(const ExplainedKey& key) {
  std::optional<std::uint64_t> digest;
  return std::all_of(key.nodes.begin(), key.nodes.end(), [&](const ExplainedKey::Node& node) {
    if (!node.primary) return true;
    if (!digest) digest = node.report.digest;
    return node.failure.empty() && node.report.digest == *digest;
  });
}

bool is_newest(const Version& winner, const std::vector<Version>& siblings) {
  return std::all_of(siblings.begin(), siblings.end(),
                     [&](const Version& version) { return version.stamp <= winner.stamp; });
}

std::string why_shown(const GetResult& result, const DotNames& names) {
  if (result.datatype)
    return result.found ? "the data type shows all items together" : "all its items were removed or have expired";
  if (result.siblings.empty()) return "no replica that answered holds the key";
  const std::string several = std::to_string(result.siblings.size());
  if (!result.found)
    return result.siblings.size() == 1 ? "it was removed or has expired"
                                       : "all its " + several + " versions were removed or have expired";
  if (result.siblings.size() == 1) return "there is one version";
  const std::string by = result.resolved.resolved_by;
  if (result.resolved.unresolved) return by + " picks none of " + several + " versions";
  if (!result.resolved.winner) return by + " made a value of its own out of " + several + " versions";
  const Version& winner = result.siblings[*result.resolved.winner];
  return by + " chose " + names.of(winner.dot) + " of " + several + " versions: its stamp " +
         (is_newest(winner, result.siblings) ? "is the newest" : "is not the newest");
}

Json resolution_json(const Result<GetResult>& viewed, const DotNames& names) {
  if (!viewed.is_ok()) return {{"found", nullptr}, {"why", viewed.status().text()}};
  const GetResult& result = *viewed;
  Json json = {{"found", result.found}};
  const bool chosen = result.found && result.resolved.winner;
  json["winner"] = chosen ? Json(names.of(result.siblings[*result.resolved.winner].dot)) : Json();
  const bool asked = result.found && result.siblings.size() > 1;
  json["resolvedBy"] = asked ? Json(result.resolved.resolved_by) : Json();
  json["why"] = why_shown(result, names);
  return json;
}

Json tombstone_json(const ExplainedKey& key, const std::optional<Record>& merged) {
  const auto since = merged ? gone_since_millis(*merged, key.wall_millis) : std::nullopt;
  if (!since) return {};
  Json json = {{"gone_since_millis", *since}};
  json["age_millis"] = key.wall_millis > *since ? key.wall_millis - *since : 0;
  json["grace_millis"] = key.keyspace.rules.tombstone_grace.count();
  json["blocked_by"] = Json::array();
  json["rules"] = Json::array();
  for (const TombstoneRule& rule : tombstone_rules(key, *since)) {
    json["rules"].push_back({{"rule", rule.number}, {"holds", rule.holds}, {"why", rule.why}});
    if (!rule.holds) json["blocked_by"].push_back(rule.number);
  }
  json["last_rounds"] = Json::array();
  for (const ExplainedKey::Node& node : key.nodes) {
    const CollectBlock block = node.report.last_round;
    if (block != CollectBlock::none)
      json["last_rounds"].push_back({{"node", node.id}, {"block", name_of(block)}, {"why", words_of(block)}});
  }
  return json;
}

}  // namespace

Page explain_page(const ExplainedKey& key) {
  const std::optional<Record> merged = merged_record(key);
  const Context none;
  const DotNames names(merged ? merged->context : none);
  Json page = {{"key", key.key},
               {"keyspace", key.keyspace.rules.name},
               {"node", key.asked},
               {"partition", key.partition},
               {"key_token", hex(key_token(key.keyspace.rules.name, key.key))}};
  page["preference_list"] = Json::array();
  for (const ExplainedKey::Node& node : key.nodes)
    page["preference_list"].push_back(node_json(node, names, key.wall_millis));
  page["equal"] = all_equal(key);
  page["leaf"] = leaf_json(key);
  page["hints"] = hints_json(key);
  page["resolution"] =
      resolution_json(view_record(merged ? &*merged : nullptr, key.keyspace, key.key, key.wall_millis), names);
  page["tombstone"] = tombstone_json(key, merged);
  return {"application/json", page.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

}  // namespace stator
