#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/config/cluster_config.h"
#include "kernel/config/problem.h"
#include "kernel/config/setting.h"
#include "kernel/plugins/loader.h"
#include "stator/config.h"

namespace stator {

/// An instance of the configuration, its plugin loaded and its options read: all that make_storage and its fellows
/// need.
struct ReadyInstance {
  std::string kind;  ///< the configuration's: "resolver" also of a data type, which its plugin's kind tells
  std::string name;
  const Plugin* plugin = nullptr;  ///< of the loader
  Config options;
};

/// What check_plugins found. With problems the list is not complete.
struct CheckedPlugins {
  std::vector<ReadyInstance> instances;  ///< in the configuration's order
  Problems problems;
  /// Null if there is none; lives as long as this object is not changed.
  const ReadyInstance* find(std::string_view kind, std::string_view name) const;
};

/// Loads the plugin of every instance (of a resolver that is none the data type of that name), reads its options, and
/// holds the plugins' capabilities against what the configuration wants of them. All mistakes of all plugins are found.
/// Resolvers, which need nothing of a node, are made once, so that what only they can know of their options is told as
/// well. `document` is where the positions come from. [startup, blocking]
CheckedPlugins check_plugins(const ClusterConfig& config, const Setting& document, Loader& loader);

}  // namespace stator
