#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/config/cluster_config.h"
#include "kernel/config/problem.h"
#include "kernel/node/command_line.h"
#include "kernel/node/plugin_check.h"
#include "kernel/plugins/loader.h"

namespace stator {

/// All that is settled before a port is opened or data touched. Nothing is started from one that has problems.
struct Preflight {
  ClusterConfig config;
  std::unique_ptr<Loader> loader;  ///< owns what `plugins` points to
  CheckedPlugins plugins;
  std::string file;   ///< that the configuration stands in
  Problems problems;  ///< of the configuration, the plugins and the command line, in the order of the file
};

/// Reads the configuration, overridden by the environment ("NAME=VALUE" entries) and the command line, and loads and
/// checks the plugins it names, from its own path or else from `default_path`. Finds all mistakes of all of them.
/// [startup, blocking]
Preflight preflight(const CommandLine& line, const std::vector<std::string>& environment,
                    const std::vector<std::string>& default_path);

/// Where plugins are looked for when the configuration does not say: beside the program, then `../lib/stator/plugins`
/// seen from there, which holds in a build directory and under an install prefix alike.
std::vector<std::string> default_plugin_path(const std::string& program);

/// The path of this program; empty if the system does not tell.
std::string program_path();

/// For --check: "cluster.toml is good: 3 nodes, 2 keyspaces, 6 plugins" and a line for each plugin.
std::string summary(const CommandLine& line, const Preflight& preflight);

}  // namespace stator
