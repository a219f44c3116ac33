#pragma once

#include <string>
#include <vector>

#include "kernel/config/cluster_config.h"
#include "kernel/plugins/plugin.h"
#include "stator/config.h"
#include "stator/status.h"

namespace stator {

/// The options that storages were written under, for tools that open them where no node runs: what the cluster's file
/// says in [storage.NAME]; or, where no file was named, the plugins' defaults. A value.
class StorageSettings {
 public:
  StorageSettings() = default;
  /// `name`: the [storage.NAME] that is meant; empty: as each store's directory is called.
  StorageSettings(std::string file, const ClusterConfig& config, std::string name);

  /// For the plugin that wrote the store DATA_DIR/storage/NAME; what `storage convert` keeps as NAME.PLUGIN is NAME
  /// too. failed_precondition where it has options that must be given, and no file was named; where the file has no
  /// such storage, or one of another plugin; and for what is wrong with its options.
  Result<Config> options_for(const std::string& store, const Plugin& plugin) const;

 private:
  std::string file_;  // empty: none was named
  std::vector<InstanceOptions> storages_;
  std::string name_;
};

}  // namespace stator
