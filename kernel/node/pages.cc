#include "kernel/node/pages.h"

#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "kernel/causality/record_codec.h"
#include "kernel/healing/repair_status.h"
#include "kernel/node/member_state.h"

namespace stator {
namespace {

using Json = nlohmann::ordered_json;

// A disk that has failed comes before one that is full.
const char* status_of(const Store& store) { return store.failing() ? "failed" : name_of(store.room().room()); }

Json storage_json(Store& store) {
  const DiskSpace space = store.room().space();
  Json storage = {{"status", status_of(store)}, {"keys", store.storage().stats().keys}};
  if (space.total == 0) return storage;
  const RoomLimits limits = store.room().limits();
  storage["disk"] = {{"free_bytes", space.free},
                     {"total_bytes", space.total},
                     {"reserve_bytes", limits.soft},
                     {"reserve_hard_bytes", limits.hard}};
  return storage;
}

Page json_page(const Json& json) {
  return {"application/json", json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

Json clock_json(const Context& context) {
  Json clock = Json::object();
  for (const auto& [node, counter] : vector_clock(context)) clock[node] = counter;
  return clock;
}

// Of several siblings each shows its own dot, under the name its actor has in the whole clock.
Json dot_json(const Context& context, const Dot& dot) {
  const auto clock = vector_clock(context);
  for (std::size_t i = 0; i < clock.size(); ++i) {
    if (context.entries()[i].actor == dot.actor) return {{clock[i].first, dot.counter}};
  }
  return Json::object();
}

Json sibling_json(const Record& record, const Version& version, bool alone) {
  Json sibling;
  sibling["valueBase64"] = version.tombstone ? Json() : Json(absl::Base64Escape(version.value));
  sibling["vectorClock"] = alone ? clock_json(record.context) : dot_json(record.context, version.dot);
  sibling["lwwMillis"] = version.stamp.millis();
  sibling["tombstone"] = version.tombstone;
  return sibling;
}

std::int64_t millis(Duration span) { return std::chrono::duration_cast<std::chrono::milliseconds>(span).count(); }

Json repair_json(const RepairStatus& status) {
  return {{"partitions", status.pairs}, {"partitions_verified", status.verified}, {"divergent", status.differing}};
}

/// In what other nodes contradict this one's settings of a keyspace.
Json differences_json(const Node& node, const std::string& keyspace) {
  Json list = Json::array();
  for (const auto& [id, differences] : node.agreements().differences(keyspace)) {
    for (const Difference& difference : differences) {
      list.push_back(
          {{"node", id}, {"setting", difference.setting}, {"here", difference.here}, {"there", difference.there}});
    }
  }
  return list;
}

Json ring_json(const Node::RingView& view) {
  Json ring;
  ring["vnodes_per_node"] = view.ring.options().vnodes_per_node;
  ring["fingerprint"] = hex(view.ring.fingerprint());
  const std::vector<RingNode>& nodes = view.ring.nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const std::size_t owned = view.ring.partitions_owned(i, 1);
    MemberState state = MemberState::alive;
    for (const Member& member : view.members) {
      if (member.id == nodes[i].id) state = member.state;
    }
    ring["nodes"].push_back({{"id", nodes[i].id},
                             {"state", state_name(state)},
                             {"tokens", view.ring.options().vnodes_per_node},
                             {"partitions_owned", owned},
                             {"share", static_cast<double>(owned) / static_cast<double>(view.ring.partitions())}});
  }
  for (const Ring::VirtualNode& vnode : view.ring.tokens())
    ring["tokens"].push_back({{"token", hex(vnode.token)}, {"node", nodes[vnode.node].id}});
  return ring;
}

}  // namespace

Pages::Pages(const Node& node, const Metrics& metrics, Facts facts)
    : node_(node), metrics_(metrics), facts_(std::move(facts)), started_(node.first_loop().now()) {}

Outcome<Page> Pages::show(const std::string& page, const RequestHead& argument) const {
  using Show = Outcome<Page> (Pages::*)(const RequestHead&) const;
  static constexpr std::pair<const char*, Show> kPages[] = {
      {"health", &Pages::health},        {"ring", &Pages::ring},
      {"keyspaces", &Pages::keyspaces},  {"plugins", &Pages::plugins},
      {"metrics", &Pages::metrics_text}, {"siblings", &Pages::siblings},
      {"hints", &Pages::hints},          {"ae", &Pages::anti_entropy},
      {"repair", &Pages::repair},        {"persist", &Pages::persist},
  };
  for (const auto& [name, show] : kPages) {
    if (page == name) return (this->*show)(argument);
  }
  return Status(Code::not_found, "no page \"" + page + "\"");
}

Outcome<Page> Pages::health(const RequestHead&) const {
  Json health;
  bool any_failed = false;
  bool any_full = false;
  Json storages = Json::object();
  for (const auto& store : node_.stores()) {
    any_failed = any_failed || store->failing();
    any_full = any_full || store->room().room() != Room::ample;
    storages[store->name()] = storage_json(*store);
  }
  const bool any_refused = std::any_of(node_.keyspaces().begin(), node_.keyspaces().end(),
                                       [this](const auto& entry) { return !node_.may_serve(*entry.second).is_ok(); });
  health["status"] = any_failed ? "failed" : any_full || any_refused ? "degraded" : "ok";
  health["node"] = node_.identity().node;
  health["cluster"] = node_.identity().cluster;
  health["version"] = facts_.version;
  health["uptime_seconds"] =
      std::chrono::duration_cast<std::chrono::seconds>(node_.first_loop().now() - started_).count();
  health["members"] = Json::array();
  for (const std::string& membership : node_.memberships()) {
    for (const Member& member : node_.ring(membership)->members) {
      Json entry = {{"id", member.id}, {"state", state_name(member.state)}, {"addresses", member.addresses}};
      if (std::find(health["members"].begin(), health["members"].end(), entry) == health["members"].end())
        health["members"].push_back(entry);
    }
  }
  for (const auto& [name, keyspace] : node_.keyspaces())
    health["keyspaces"][name] = {
        {"status", node_.may_serve(*keyspace).is_ok() ? status_of(*keyspace->store) : "refused"},
        {"catching_up", keyspace->authority->missing()},
        {"differences", differences_json(node_, name)}};
  health["storages"] = std::move(storages);
  return json_page(health);
}

Outcome<Page> Pages::ring(const RequestHead& argument) const {
  Json ring;
  ring["partition_bits"] = node_.identity().partition_bits;
  ring["partitions"] = 1 << node_.identity().partition_bits;
  ring["fingerprint"] = hex(node_.hello().ring);
  for (const std::string& membership : node_.memberships())
    ring["memberships"][membership] = ring_json(*node_.ring(membership));
  for (const auto& [name, keyspace] : node_.keyspaces()) {
    ring["keyspaces"][name] = {{"n", keyspace->rules.n}, {"membership", node_.membership_of(name)}};
  }
  if (argument.key.empty()) return json_page(ring);
  const Keyspace* keyspace = node_.keyspace(argument.keyspace);
  if (keyspace == nullptr) return Status(Code::not_found, "no keyspace \"" + argument.keyspace + "\"");
  const Partition partition = node_.partition_of_key(*keyspace, argument.key);
  ring["placement"] = {{"key_token", hex(key_token(argument.keyspace, argument.key))},
                       {"partition", partition},
                       {"preference_list", keyspace->current_placement()->holders(partition)}};
  return json_page(ring);
}

Outcome<Page> Pages::keyspaces(const RequestHead&) const {
  Json list = Json::array();
  for (const KeyspaceEntry& entry : facts_.keyspaces) {
    const KeyspaceRules& rules = node_.keyspace(entry.name)->rules;
    list.push_back({{"name", entry.name},
                    {"resolver", entry.resolver},
                    {"storage", entry.storage},
                    {"membership", entry.membership},
                    {"transports", entry.transports},
                    {"n", rules.n},
                    {"r", rules.r},
                    {"w", rules.w},
                    {"siblings", rules.collapse ? "collapse" : "keep"},
                    {"differences", differences_json(node_, entry.name)}});
  }
  return json_page({{"keyspaces", std::move(list)}});
}

Outcome<Page> Pages::plugins(const RequestHead&) const {
  Json list = Json::array();
  for (const PluginEntry& entry : facts_.plugins) {
    list.push_back({{"kind", entry.kind},
                    {"name", entry.name},
                    {"version", entry.version},
                    {"interface", entry.interface_id},
                    {"capabilities", entry.capabilities},
                    {"path", entry.path},
                    {"instances", entry.instances}});
  }
  return json_page({{"plugins", std::move(list)}});
}

Outcome<Page> Pages::metrics_text(const RequestHead&) const {
  return Page{"text/plain; version=0.0.4; charset=utf-8", metrics_.text()};
}

Outcome<Page> Pages::siblings(const RequestHead& argument) const {
  const Keyspace* keyspace = node_.keyspace(argument.keyspace);
  if (keyspace == nullptr) return Status(Code::not_found, "no keyspace \"" + argument.keyspace + "\"");
  const Partition partition = node_.partition_of_key(*keyspace, argument.key);
  Result<Replica::Held> held =
      node_.shard_of(partition).replica.held({*keyspace->store, partition, keyspace->id, argument.key}, false);
  if (!held.is_ok()) return held.status();
  if (held->digest == 0) return Status(Code::not_found, node_.identity().node + " holds no copy of the key");
  Result<Record> record = decode_record(held->record);
  if (!record.is_ok()) return Status(Code::data_loss, record.status().message());
  const std::vector<Version> visible = visible_versions(*record);
  Json page;
  page["key"] = argument.key;
  page["siblings"] = Json::array();
  for (const Version& version : visible)
    page["siblings"].push_back(sibling_json(*record, version, visible.size() == 1));
  return json_page(page);
}

Outcome<Page> Pages::hints(const RequestHead&) const {
  const std::uint64_t now_ms = node_.first_loop().wall_millis();
  std::uint64_t count = 0;
  Json targets = Json::array();
  Json queues = Json::object();
  for (const auto& [target, hints] : node_.hint_ledger().totals()) {
    count += hints.pending;
    if (hints.pending > 0) targets.push_back(target);
    const std::uint64_t oldest = hints.oldest_ms == 0 ? now_ms : std::min(hints.oldest_ms, now_ms);
    queues[target] = {{"pending", hints.pending},      {"bytes", hints.bytes},     {"oldest_age_ms", now_ms - oldest},
                      {"delivered", hints.delivered},  {"rehomed", hints.rehomed}, {"dropped", hints.dropped},
                      {"overflowed", hints.overflowed}};
  }
  return json_page({{"count", count}, {"targets", std::move(targets)}, {"queues", std::move(queues)}});
}

Outcome<Page> Pages::anti_entropy(const RequestHead&) const {
  const AntiEntropy::Options& options = node_.identity().anti_entropy;
  const RepairCounters& counters = node_.repair_counters();
  const LastComparison::Seen last = node_.last_comparison().get();
  Json page = {{"enabled", options.interval > Duration(0)},
               {"interval_ms", millis(options.interval)},
               {"last_compared", last.compared},
               {"last_dur_ms", millis(last.took)},
               {"last_error", last.error},
               {"last_peer", last.peer},
               {"last_pulled", last.pulled},
               {"last_run_unix", last.ended_unix_millis / 1000},
               {"max_per_tick", PeerRepair::kMostRepaired},
               {"total_errors", counters.errors.load()},
               {"total_pulled", counters.pulled.load()},
               {"total_pushed", counters.pushed.load()},
               {"old_copies_vouched_for", counters.vouched_for.load()},
               {"old_copies_given_up", counters.given_up.load()},
               {"rounds", counters.rounds.load()},
               {"bytes", counters.anti_entropy_bytes.load()},
               {"bytes_per_second", options.bytes_per_second}};
  const TimePoint now = node_.first_loop().now();
  Duration debt(0);
  Json keyspaces = Json::object();
  for (const auto& [name, keyspace] : node_.keyspaces()) {
    const RepairStatus status = repair_status(node_.repair(*keyspace), node_.identity().node, started_);
    if (status.pairs > 0) debt = std::max<Duration>(debt, now - status.oldest);
    keyspaces[name] = repair_json(status);
  }
  page["repair_debt_seconds"] = std::chrono::duration<double>(debt).count();
  page["keyspaces"] = std::move(keyspaces);
  return json_page(page);
}

Outcome<Page> Pages::repair(const RequestHead& argument) const {
  std::int64_t since = node_.first_loop().now().time_since_epoch().count();
  if (!argument.key.empty()) {
    if (!absl::SimpleAtoi(argument.key, &since))
      return Status(Code::invalid_argument, "the key of this page is the moment that a round was begun with");
  } else {
    const Keyspace* keyspace = node_.keyspace(argument.keyspace);
    if (keyspace == nullptr && !argument.keyspace.empty())
      return Status(Code::not_found, "no keyspace \"" + argument.keyspace + "\"");
    const RepairKeyspace* only = keyspace == nullptr ? nullptr : &node_.repair(*keyspace);
    for (const auto& shard : node_.shards())
      shard->executor.post([&shard = *shard, only] { shard.anti_entropy->hurry(only); });
  }
  Json page = {{"since", std::to_string(since)}};
  for (const auto& [name, keyspace] : node_.keyspaces()) {
    page["keyspaces"][name] =
        repair_json(repair_status(node_.repair(*keyspace), node_.identity().node, TimePoint(Duration(since))));
  }
  const RepairCounters& counters = node_.repair_counters();
  page["pulled"] = counters.pulled.load();
  page["pushed"] = counters.pushed.load();
  page["bytes"] = counters.anti_entropy_bytes.load();
  return json_page(page);
}

Outcome<Page> Pages::persist(const RequestHead& argument) const {
  const Keyspace* keyspace = node_.keyspace(argument.keyspace);
  if (keyspace == nullptr) return Status(Code::not_found, "no keyspace \"" + argument.keyspace + "\"");
  const StorageStats stats = keyspace->store->storage().stats();
  Json page = {{"storage", keyspace->store->name()},
               {"keys", stats.keys},
               {"bytes", stats.bytes},
               {"wal_ops", stats.wal_ops},
               {"wal_bytes", stats.wal_bytes}};
  for (const auto& [role, path] : stats.paths) page["kv_" + role] = path;
  return json_page(page);
}

}  // namespace stator
