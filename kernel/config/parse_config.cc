#include "kernel/config/parse_config.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <tuple>

#include "kernel/config/config_rules.h"
#include "kernel/config/table_reader.h"

namespace stator {
namespace {

const Setting& or_nothing(const Setting* setting) {
  static const Setting kNothing{{}, Setting::Table{}, {}};
  return setting != nullptr ? *setting : kNothing;
}

ClusterOptions read_cluster(const Setting& document, Problems& problems) {
  const Setting* setting = document.find("cluster");
  if (setting == nullptr) {
    problems.push_back({document.where, "cluster", "nothing", "a table [cluster] with id and peer_transport", ""});
    return {};
  }
  TableReader table(*setting, "cluster", problems);
  ClusterOptions cluster;
  cluster.id = table.required_text("id");
  cluster.peer_transport = table.required_text("peer_transport");
  cluster.secret = table.text("secret", cluster.secret);
  cluster.partition_bits = table.integer("partition_bits", cluster.partition_bits, {4, 16, ""});
  cluster.max_clock_skew = table.duration("max_clock_skew", cluster.max_clock_skew);
  table.finish();
  return cluster;
}

NodeOptions read_node(const Setting& setting, const std::string& path, Problems& problems) {
  TableReader table(setting, path, problems);
  NodeOptions node;
  node.id = table.required_text("id");
  node.data_dir = table.required_text("data_dir");
  node.listen = table.text_table("listen");
  node.advertise = table.text_table("advertise");
  node.zone = table.text("zone", "");
  table.finish();
  return node;
}

std::vector<NodeOptions> read_nodes(const Setting& document, Problems& problems) {
  const Setting* setting = document.find("node");
  if (setting == nullptr || !std::holds_alternative<Setting::List>(setting->value)) {
    Position where = setting != nullptr ? setting->where : document.where;
    problems.push_back(
        {where, "node", setting != nullptr ? setting->shown() : "nothing", "a [[node]] for each node", ""});
    return {};
  }
  std::vector<NodeOptions> nodes;
  for (std::size_t i = 0; i < setting->list().size(); ++i) {
    nodes.push_back(read_node(setting->list()[i], node_path(i), problems));
  }
  return nodes;
}

Reserve read_reserve(TableReader& table) {
  const Reserve reserve{table.bytes_or_none("reserve_bytes"), table.bytes_or_none("reserve_hard_bytes")};
  if (reserve.soft && reserve.hard && *reserve.hard > *reserve.soft)
    table.wrong("reserve_hard_bytes", "at most reserve_bytes");
  return reserve;
}

InstanceOptions read_instance(const std::string& kind, const std::string& name, const Setting& setting,
                              Problems& problems) {
  TableReader table(setting, kind + "." + name, problems);
  InstanceOptions instance{.kind = kind, .name = name, .plugin = {}, .settings = setting};
  instance.plugin = table.required_text("plugin");
  auto* rest = std::get_if<Setting::Table>(&instance.settings.value);
  if (rest != nullptr) rest->erase("plugin");
  if (kind == "membership") {
    instance.vnodes_per_node = table.integer("vnodes_per_node", instance.vnodes_per_node, {1, 1024, ""});
    if (rest != nullptr) rest->erase("vnodes_per_node");
  }
  if (kind == "storage") {
    instance.reserve = read_reserve(table);
    for (const char* key : {"reserve_bytes", "reserve_hard_bytes"}) {
      if (rest != nullptr) rest->erase(key);
    }
  }
  return instance;
}

std::vector<InstanceOptions> read_instances(const Setting& document, Problems& problems) {
  std::vector<InstanceOptions> instances;
  for (const char* kind : kInstanceKinds) {
    const Setting* setting = document.find(kind);
    if (setting == nullptr) continue;
    if (!setting->is_table()) {
      problems.push_back({setting->where, kind, setting->shown(), "tables [" + std::string(kind) + ".NAME]", ""});
    }
    for (const auto& [name, table] : setting->table()) instances.push_back(read_instance(kind, name, table, problems));
  }
  return instances;
}

/// `nodes` bounds n; 0: unknown, because that part of the file is broken.
QuorumOptions read_quorum(TableReader& table, int nodes) {
  constexpr int kUsual = 3;
  QuorumOptions quorum;
  quorum.n = nodes == 0 ? kUsual : std::min(kUsual, nodes);
  TableReader::Range replicas{1, nodes == 0 ? INT8_MAX : nodes, " (the number of nodes)"};
  quorum.n = table.integer("n", quorum.n, replicas);
  int majority = quorum.n / 2 + 1;
  quorum.r = table.integer("r", majority, {1, quorum.n, " (n)"});
  quorum.w = table.integer("w", majority, {1, quorum.n, " (n)"});
  quorum.min_r = table.integer("min_r", 1, {1, quorum.r, " (r)"});
  quorum.min_w = table.integer("min_w", 1, {1, quorum.w, " (w)"});
  return quorum;
}

KeyspaceLimits read_limits(TableReader& table) {
  KeyspaceLimits limits;
  limits.max_siblings = table.integer("max_siblings", limits.max_siblings, {1, 1'000'000, ""});
  limits.max_value_bytes = table.bytes("max_value_bytes", limits.max_value_bytes);
  limits.timeout = table.duration("timeout", limits.timeout);
  return limits;
}

KeyspaceHealing read_keyspace_healing(TableReader& table) {
  KeyspaceHealing healing;
  healing.sloppy = table.boolean("sloppy", healing.sloppy);
  healing.hint_window = table.duration("hint_window", healing.hint_window);
  healing.hint_bytes = table.bytes("hint_bytes", healing.hint_bytes);
  healing.tombstone_grace = table.duration("tombstone_grace", healing.tombstone_grace);
  return healing;
}

KeyspaceOptions read_keyspace(const std::string& name, const Setting& setting, int nodes, Problems& problems) {
  TableReader table(setting, "keyspace." + name, problems);
  KeyspaceOptions keyspace;
  keyspace.name = name;
  keyspace.resolver = table.required_text("resolver");
  keyspace.storage = table.required_text("storage");
  keyspace.membership = table.required_text("membership");
  keyspace.transports = table.texts("transports");
  if (table.raw("transports") == nullptr) table.wrong("transports", "the transport instances where clients reach it");
  keyspace.quorum = read_quorum(table, nodes);
  keyspace.siblings = table.choice("siblings", {"keep", "collapse"}, 0) == 0 ? Siblings::keep : Siblings::collapse;
  keyspace.limits = read_limits(table);
  keyspace.healing = read_keyspace_healing(table);
  table.finish();
  return keyspace;
}

std::vector<KeyspaceOptions> read_keyspaces(const Setting& document, int nodes, Problems& problems) {
  const Setting* setting = document.find("keyspace");
  if (setting == nullptr || setting->table().empty()) {
    Position where = setting != nullptr ? setting->where : document.where;
    problems.push_back({where, "keyspace", "nothing", "a table [keyspace.NAME] for each keyspace", ""});
    return {};
  }
  std::vector<KeyspaceOptions> keyspaces;
  for (const auto& [name, table] : setting->table()) keyspaces.push_back(read_keyspace(name, table, nodes, problems));
  return keyspaces;
}

ServerOptions read_server(const Setting& document, Problems& problems) {
  TableReader table(or_nothing(document.find("server")), "server", problems);
  ServerOptions server;
  server.threads = table.integer("threads", server.threads, {0, 256, " (0: one a core)"});
  server.max_in_flight = table.integer("max_in_flight", server.max_in_flight, {1, 10'000'000, ""});
  table.finish();
  return server;
}

HealingOptions read_healing(const Setting& document, Problems& problems) {
  TableReader table(or_nothing(document.find("healing")), "healing", problems);
  HealingOptions healing;
  healing.hint_bytes_per_second = table.bytes("hint_bytes_per_second", healing.hint_bytes_per_second);
  healing.repair_bytes_per_second = table.bytes("repair_bytes_per_second", healing.repair_bytes_per_second);
  healing.repair_cpu_share = table.percentage("repair_cpu_share", healing.repair_cpu_share);
  healing.repair_interval = table.duration("repair_interval", healing.repair_interval);
  healing.collect_interval = table.duration("collect_interval", healing.collect_interval);
  healing.scrub_period = table.duration("scrub_period", healing.scrub_period);
  healing.scrub_bytes_per_second = table.bytes("scrub_bytes_per_second", healing.scrub_bytes_per_second);
  table.finish();
  return healing;
}

LogOptions read_log(const Setting& document, Problems& problems) {
  TableReader table(or_nothing(document.find("log")), "log", problems);
  LogOptions log;
  log.format = table.choice("format", {"json", "text"}, 0) == 0 ? LogFormat::json : LogFormat::text;
  constexpr LogLevel kLevels[] = {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error};
  log.level = kLevels[table.choice("level", {"debug", "info", "warning", "error"}, 1)];
  table.finish();
  return log;
}

std::vector<std::string> read_plugin_path(const Setting& document, Problems& problems) {
  TableReader table(or_nothing(document.find("plugins")), "plugins", problems);
  std::vector<std::string> path = table.texts("path");
  table.finish();
  return path;
}

/// The top level has no other keys than these tables.
void check_top_level(const Setting& document, Problems& problems) {
  TableReader table(document, "", problems);
  for (const char* key : {"cluster", "healing", "keyspace", "log", "node", "plugins", "server"}) table.raw(key);
  for (const char* kind : kInstanceKinds) table.raw(kind);
  table.finish();
}

/// A resolver that a keyspace names, and no table describes, is a plugin without options.
void add_named_resolvers(const Setting& document, ClusterConfig& config) {
  for (const KeyspaceOptions& keyspace : config.keyspaces) {
    if (keyspace.resolver.empty() || config.instance("resolver", keyspace.resolver) != nullptr) continue;
    Setting nothing{position_of(document, {"keyspace", keyspace.name, "resolver"}), Setting::Table{}, {}};
    InstanceOptions made{
        .kind = "resolver", .name = keyspace.resolver, .plugin = keyspace.resolver, .settings = nothing};
    auto later = [](const InstanceOptions& a, const InstanceOptions& b) {
      return std::tie(a.kind, a.name) < std::tie(b.kind, b.name);
    };
    config.instances.insert(std::upper_bound(config.instances.begin(), config.instances.end(), made, later), made);
  }
}

}  // namespace

ParsedConfig parse_config(std::string_view text, const std::string& source, const std::vector<Override>& overrides) {
  ParsedConfig parsed;
  Problems& problems = parsed.problems;
  parsed.document = parse_toml(text, source, problems);
  if (!problems.empty()) return parsed;  // the rest of the text is unknown: further findings would be wrong ones
  parsed.document.where.line = 0;
  apply_overrides(overrides, parsed.document, problems);

  const Setting& document = parsed.document;
  ClusterConfig& config = parsed.config;
  check_top_level(document, problems);
  config.cluster = read_cluster(document, problems);
  config.nodes = read_nodes(document, problems);
  config.instances = read_instances(document, problems);
  config.keyspaces = read_keyspaces(document, static_cast<int>(config.nodes.size()), problems);
  config.server = read_server(document, problems);
  config.healing = read_healing(document, problems);
  config.log = read_log(document, problems);
  config.plugin_path = read_plugin_path(document, problems);
  add_named_resolvers(document, config);
  check_rules(config, document, problems);
  sort_by_position(problems);
  return parsed;
}

ParsedConfig load_config(const std::string& path, const std::vector<Override>& overrides) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // Reading a directory fails here and not above.
  if (!file || !(text << file.rdbuf())) {
    ParsedConfig unread;
    std::string why = errno != 0 ? std::strerror(errno) : "it is empty";
    unread.problems.push_back({{path, 0}, "", "a file that cannot be read (" + why + ")", "a TOML file", ""});
    return unread;
  }
  return parse_config(text.str(), path, overrides);
}

}  // namespace stator
