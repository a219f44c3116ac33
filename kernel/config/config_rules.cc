#include "kernel/config/config_rules.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "kernel/config/address.h"
#include "kernel/config/suggestion.h"

namespace stator {
namespace {

bool is_good_name(std::string_view name, std::string_view punctuation) {
  constexpr std::size_t kLongest = 64;
  return !name.empty() && name.size() <= kLongest && std::all_of(name.begin(), name.end(), [&](unsigned char c) {
    return std::isalnum(c) != 0 || punctuation.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// A configuration being checked, and where findings go.
struct Check {
  const ClusterConfig& config;
  const Setting& document;
  Problems& problems;

  std::vector<std::string> names_of(const std::string& kind) const {
    std::vector<std::string> names;
    for (const InstanceOptions& instance : config.instances) {
      if (instance.kind == kind) names.push_back(instance.name);
    }
    return names;
  }

  void instance_exists(const std::string& kind, const std::string& name, const std::vector<std::string>& path) const {
    if (name.empty() || config.instance(kind, name) != nullptr) return;
    std::string key;
    for (const std::string& part : path) key += (key.empty() ? "" : ".") + part;
    std::vector<std::string> names = names_of(kind);
    problems.push_back({position_of(document, path), key, "\"" + name + "\", which no table [" + kind + ".NAME] has",
                        one_of(names), suggestion(name, names)});
  }

  Position node_position(std::size_t i, const std::vector<std::string>& path) const {
    return position_of(document.find("node")->list()[i], path);
  }
};

// [[node]]

/// One address that some node binds.
struct Listener {
  std::size_t node;
  std::string transport;
  std::string text;
  Address address;
};

void check_node_ids(const Check& check) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < check.config.nodes.size(); ++i) {
    const std::string& id = check.config.nodes[i].id;
    if (id.empty()) continue;
    Position where = check.node_position(i, {"id"});
    std::string key = node_path(i) + ".id";
    if (!seen.insert(id).second)
      check.problems.push_back({where, key, "\"" + id + "\" for a second time", "another id", ""});
    // '#' would be taken for an epoch in a vector clock.
    if (is_good_name(id, "-_.")) continue;
    check.problems.push_back({where, key, "\"" + id + "\"", "1 to 64 letters, digits, '-', '_' and '.'", ""});
  }
}

/// The good addresses of `listen` or `advertise` of one node; tells of the others.
std::vector<Listener> read_addresses(const Check& check, std::size_t i, const std::string& table) {
  std::vector<Listener> listeners;
  const NodeOptions& node = check.config.nodes[i];
  std::vector<std::string> transports = check.names_of("transport");
  const std::string prefix = node_path(i) + "." + table + ".";
  for (const auto& [transport, text] : table == "listen" ? node.listen : node.advertise) {
    Position where = check.node_position(i, {table, transport});
    const std::string key = prefix + transport;
    if (check.config.instance("transport", transport) == nullptr) {
      check.problems.push_back({where, key, "a transport that no table [transport.NAME] has", one_of(transports),
                                suggestion(transport, transports)});
    }
    auto address = parse_address(text);
    bool diallable = address && (table == "listen" || (address->port != 0 && !address->is_wildcard()));
    if (diallable) listeners.push_back({i, transport, text, *address});
    if (diallable) continue;
    std::string allowed = table == "listen" ? "HOST:PORT, as in 127.0.0.1:8081" : "HOST:PORT that others can dial";
    check.problems.push_back({where, key, "\"" + text + "\"", allowed, ""});
  }
  return listeners;
}

/// Whether both cannot be bound. Two nodes may each take every address of a machine, since they may have one each.
bool collide(const Listener& a, const Listener& b) {
  if (a.address.port == 0 || a.address.port != b.address.port) return false;
  if (a.address.host == b.address.host) return a.node == b.node || !a.address.is_wildcard();
  return a.node == b.node && (a.address.is_wildcard() || b.address.is_wildcard());
}

void check_collisions(const Check& check, const std::vector<Listener>& listeners) {
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    const Listener& later = listeners[i];
    auto earlier = std::find_if(listeners.begin(), listeners.begin() + static_cast<std::ptrdiff_t>(i),
                                [&](const Listener& each) { return collide(each, later); });
    if (earlier == listeners.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    std::string taken = node_path(earlier->node) + ".listen." + earlier->transport;
    check.problems.push_back({check.node_position(later.node, {"listen", later.transport}),
                              node_path(later.node) + ".listen." + later.transport,
                              "\"" + later.text + "\", which " + taken + " has taken", "an address of its own", ""});
  }
}

/// Every node must take frames of the others, at an address that they can dial.
void check_peer_address(const Check& check, std::size_t i) {
  const std::string& peers = check.config.cluster.peer_transport;
  const NodeOptions& node = check.config.nodes[i];
  auto listen = node.listen.find(peers);
  Position where = check.node_position(i, {"listen", peers});
  std::string key = node_path(i) + ".listen." + peers;
  if (listen == node.listen.end()) {
    check.problems.push_back(
        {where, key, "nothing", "an address, because \"" + peers + "\" is cluster.peer_transport", ""});
    return;
  }
  auto address = parse_address(listen->second);
  bool alone = check.config.nodes.size() == 1;
  if (!address || alone || node.advertise.contains(peers)) return;
  if (address->port != 0 && !address->is_wildcard()) return;
  check.problems.push_back({where, key, "\"" + listen->second + "\", which other nodes cannot dial",
                            "a host and port of its own, or an address under `advertise`", ""});
}

void check_nodes(const Check& check) {
  check_node_ids(check);
  std::vector<Listener> listeners;
  for (std::size_t i = 0; i < check.config.nodes.size(); ++i) {
    for (Listener& listener : read_addresses(check, i, "listen")) listeners.push_back(std::move(listener));
    read_addresses(check, i, "advertise");
    if (check.config.instance("transport", check.config.cluster.peer_transport) != nullptr)
      check_peer_address(check, i);
  }
  check_collisions(check, listeners);
}

// [keyspace.NAME]

std::int64_t to_millis(Duration span) { return std::chrono::duration_cast<std::chrono::milliseconds>(span).count(); }

bool somebody_listens(const ClusterConfig& config, const std::string& transport) {
  return std::any_of(config.nodes.begin(), config.nodes.end(),
                     [&](const NodeOptions& node) { return node.listen.contains(transport); });
}

void check_transports(const Check& check, const KeyspaceOptions& keyspace) {
  std::vector<std::string> path{"keyspace", keyspace.name, "transports"};
  std::string key = "keyspace." + keyspace.name + ".transports";
  const Setting* table = check.document.find("keyspace")->find(keyspace.name);
  if (keyspace.transports.empty() && table->find("transports") != nullptr) {
    check.problems.push_back({position_of(check.document, path), key, "an empty list", "one transport or more", ""});
  }
  std::set<std::string> seen;
  for (const std::string& transport : keyspace.transports) {
    check.instance_exists("transport", transport, path);
    std::string found = "\"" + transport + "\"";
    if (!seen.insert(transport).second) {
      check.problems.push_back({position_of(check.document, path), key, found + " for a second time", "each once", ""});
    } else if (check.config.instance("transport", transport) != nullptr && !somebody_listens(check.config, transport)) {
      check.problems.push_back({position_of(check.document, path), key, found + ", on which no node listens",
                                "a transport with an address under `listen` of some node", ""});
    }
  }
}

/// Messages live for half of the grace, and an honest one may take the whole timeout and be stamped by a clock that is
/// behind by all that is allowed.
void check_grace(const Check& check, const KeyspaceOptions& keyspace) {
  const Duration least = 2 * (check.config.cluster.max_clock_skew + keyspace.limits.timeout);
  if (keyspace.healing.tombstone_grace >= least) return;
  check.problems.push_back({position_of(check.document, {"keyspace", keyspace.name, "tombstone_grace"}),
                            "keyspace." + keyspace.name + ".tombstone_grace",
                            std::to_string(to_millis(keyspace.healing.tombstone_grace)) + "ms",
                            std::to_string(to_millis(least)) +
                                "ms or more: twice cluster.max_clock_skew and the keyspace's timeout together",
                            ""});
}

void check_keyspaces(const Check& check) {
  for (const KeyspaceOptions& keyspace : check.config.keyspaces) {
    check_grace(check, keyspace);
    check.instance_exists("storage", keyspace.storage, {"keyspace", keyspace.name, "storage"});
    check.instance_exists("membership", keyspace.membership, {"keyspace", keyspace.name, "membership"});
    check_transports(check, keyspace);
    if (is_good_name(keyspace.name, "-_")) continue;  // it stands in URLs
    check.problems.push_back({position_of(check.document, {"keyspace", keyspace.name}), "keyspace." + keyspace.name,
                              "\"" + keyspace.name + "\"", "1 to 64 letters, digits, '-' and '_'", ""});
  }
}

void check_instance_names(const Check& check) {
  for (const InstanceOptions& instance : check.config.instances) {
    if (is_good_name(instance.name, "-_")) continue;  // it becomes part of file names
    check.problems.push_back({instance.settings.where, instance.kind + "." + instance.name, "\"" + instance.name + "\"",
                              "1 to 64 letters, digits, '-' and '_'", ""});
  }
}

}  // namespace

std::string node_path(std::size_t i) { return "node[" + std::to_string(i) + "]"; }

void check_rules(const ClusterConfig& config, const Setting& document, Problems& problems) {
  Check check{config, document, problems};
  check.instance_exists("transport", config.cluster.peer_transport, {"cluster", "peer_transport"});
  check_nodes(check);
  check_keyspaces(check);
  check_instance_names(check);
}

}  // namespace stator
