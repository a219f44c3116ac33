#pragma once

#include "cli/options.h"

namespace CLI {
class App;
}

namespace stator::cli {

/// Verbs of `stator plugin` about one plugin. The options are written while the command line is parsed, and outlive
/// that.
CLI::App* add_plugin_check(CLI::App& plugin, PluginCheckOptions& options);
CLI::App* add_plugin_simulate(CLI::App& plugin, PluginSimulateOptions& options);
CLI::App* add_plugin_describe(CLI::App& plugin, PluginDescribeOptions& options);
CLI::App* add_plugin_new(CLI::App& plugin, PluginNewOptions& options);

}  // namespace stator::cli
