#include "cli/offline_tools.h"

#include <ostream>
#include <utility>

#include "cli/own_path.h"
#include "kernel/config/parse_config.h"
#include "kernel/node/preflight.h"

extern char** environ;

namespace stator::cli {

std::vector<std::string> environment() {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return entries;
}

OfflineTools::OfflineTools(std::vector<std::string> path, StorageSettings settings, Terminal& terminal)
    : loader_(std::move(path)),
      tools_{loader_,
             [this, &terminal](LogLevel level, std::string_view text) {
               if (level < LogLevel::warning) return;
               std::lock_guard lock(mutex_);
               terminal.err << text << std::endl;
             },
             std::move(settings)} {}

// The other plugins that the file names need not be here: nothing is asked of them.
Result<std::unique_ptr<OfflineTools>> OfflineTools::make(const StoredUnder& under, Terminal& terminal) {
  std::vector<std::string> path;
  StorageSettings settings;
  if (!under.config.empty()) {
    const ParsedConfig parsed = load_config(under.config, environment_overrides(environment()));
    if (!parsed.problems.empty()) return Status(Code::failed_precondition, report(parsed.problems));
    path = parsed.config.plugin_path;
    settings = StorageSettings(under.config, parsed.config, under.storage);
  }
  if (!under.plugins.empty()) path = {under.plugins};
  if (path.empty()) path = default_plugin_path(own_directory() + "/stator");
  return std::unique_ptr<OfflineTools>(new OfflineTools(std::move(path), std::move(settings), terminal));
}

}  // namespace stator::cli
