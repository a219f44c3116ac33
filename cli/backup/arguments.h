#pragma once

#include <vector>

#include "cli/options.h"

namespace CLI {
class App;
}

namespace stator::cli {

struct BackupVerb {
  CLI::App* app;
  BackupOptions::Verb verb;
};

/// Adds `backup` and its verbs to the command line; what they are given goes into `options`, which outlives it. Which
/// nodes to ask is left to the caller.
std::vector<BackupVerb> add_backup_verbs(CLI::App& app, BackupOptions& options);

}  // namespace stator::cli
