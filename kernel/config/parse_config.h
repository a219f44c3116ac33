#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/config/cluster_config.h"
#include "kernel/config/overrides.h"
#include "kernel/config/problem.h"
#include "kernel/config/setting.h"

namespace stator {

/// A configuration and all that is wrong with it. With problems, `config` holds defaults where nothing good was found:
/// it may be checked further, to tell more mistakes at once, but nothing is started from it.
struct ParsedConfig {
  ClusterConfig config;
  Setting document;  ///< what was typed, for the positions of later findings
  Problems problems;
};

/// Reads TOML text, overridden. Pure, total: any bytes give a configuration or problems. `source` is what messages call
/// the text. Everything that can be known without a plugin is checked; check_plugins does the rest. Unless the TOML
/// itself is broken, all mistakes are found.
ParsedConfig parse_config(std::string_view text, const std::string& source,
                          const std::vector<Override>& overrides = {});

/// The same for a file. [startup, blocking]
ParsedConfig load_config(const std::string& path, const std::vector<Override>& overrides = {});

}  // namespace stator
