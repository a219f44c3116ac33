#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kernel/metrics/metrics.h"
#include "kernel/node/node.h"
#include "stator/requests.h"

namespace stator {

/// What a node tells about itself over its admin and debug pages. [any-thread]
class Pages {
 public:
  /// One keyspace as it was configured, for /admin/keyspaces.
  struct KeyspaceEntry {
    std::string name, resolver, storage, membership;
    std::vector<std::string> transports;
  };
  /// One plugin that was loaded, for /admin/plugins.
  struct PluginEntry {
    std::string kind, name, version, interface_id, capabilities, path;
    std::vector<std::string> instances;
  };
  struct Facts {
    std::string version;  ///< of the program
    std::vector<KeyspaceEntry> keyspaces;
    std::vector<PluginEntry> plugins;
  };

  /// Node and metrics outlive the pages.
  Pages(const Node& node, const Metrics& metrics, Facts facts);

  /// A page by the name that Clients::inspect takes; not_found for another. Only "siblings" reads what is stored, and
  /// blocks where such reads may.
  Outcome<Page> show(const std::string& page, const RequestHead& argument) const;

 private:
  Outcome<Page> health(const RequestHead&) const;
  Outcome<Page> ring(const RequestHead& argument) const;
  Outcome<Page> keyspaces(const RequestHead&) const;
  Outcome<Page> plugins(const RequestHead&) const;
  Outcome<Page> metrics_text(const RequestHead&) const;
  Outcome<Page> siblings(const RequestHead& argument) const;
  Outcome<Page> hints(const RequestHead&) const;
  Outcome<Page> anti_entropy(const RequestHead&) const;
  /// Without a key begins a round with every peer; its answer names the moment, which as the key shows how far it is.
  Outcome<Page> repair(const RequestHead& argument) const;
  Outcome<Page> persist(const RequestHead& argument) const;

  const Node& node_;
  const Metrics& metrics_;
  const Facts facts_;
  const TimePoint started_;
};

}  // namespace stator
