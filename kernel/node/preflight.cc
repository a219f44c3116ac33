#include "kernel/node/preflight.h"

#include <filesystem>
#include <utility>

#include "kernel/config/parse_config.h"
#include "kernel/config/suggestion.h"

namespace stator {
namespace {

namespace fs = std::filesystem;

/// A directory that the user names must be there; those of the default path need not.
void check_plugin_path(const ParsedConfig& parsed, Problems& problems) {
  for (const std::string& directory : parsed.config.plugin_path) {
    std::error_code error;
    if (fs::is_directory(directory, error)) continue;
    problems.push_back({position_of(parsed.document, {"plugins", "path"}), "plugins.path",
                        "\"" + directory + "\", which is no directory", "directories that hold plugins", ""});
  }
}

void check_node_id(const CommandLine& line, const ClusterConfig& config, Problems& problems) {
  if (line.node_id.empty() || config.node(line.node_id) != nullptr) return;
  std::vector<std::string> ids;
  for (const NodeOptions& node : config.nodes) ids.push_back(node.id);
  problems.push_back({{"--node-id", 0},
                      "",
                      "\"" + line.node_id + "\", which no [[node]] of " + line.config + " has",
                      one_of(ids),
                      suggestion(line.node_id, ids)});
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

}  // namespace

Preflight preflight(const CommandLine& line, const std::vector<std::string>& environment,
                    const std::vector<std::string>& default_path) {
  Preflight result;
  result.file = line.config;
  Problems of_overrides;
  std::vector<Override> overrides = environment_overrides(environment);
  for (const std::string& typed : line.sets) add_set_override(typed, overrides, of_overrides);
  ParsedConfig parsed = load_config(line.config, overrides);
  result.problems = parsed.problems;
  result.problems.insert(result.problems.end(), of_overrides.begin(), of_overrides.end());
  result.loader =
      std::make_unique<Loader>(parsed.config.plugin_path.empty() ? default_path : parsed.config.plugin_path);
  if (!parsed.document.table().empty()) {  // else the text could not be read at all, and that was told
    check_plugin_path(parsed, result.problems);
    result.plugins = check_plugins(parsed.config, parsed.document, *result.loader);
    Problems& of_plugins = result.plugins.problems;
    result.problems.insert(result.problems.end(), of_plugins.begin(), of_plugins.end());
    sort_by_position(result.problems);
    check_node_id(line, parsed.config, result.problems);
  }
  result.config = std::move(parsed.config);
  return result;
}

std::vector<std::string> default_plugin_path(const std::string& program) {
  fs::path beside = fs::path(program).parent_path();
  return {beside.string(), (beside.parent_path() / "lib" / "stator" / "plugins").string()};
}

std::string program_path() {
  std::error_code error;
  fs::path program = fs::read_symlink("/proc/self/exe", error);
  return error ? std::string() : program.string();
}

std::string summary(const CommandLine& line, const Preflight& preflight) {
  std::string text = line.config + " is good: " + counted(preflight.config.nodes.size(), "node") + ", " +
                     counted(preflight.config.keyspaces.size(), "keyspace") + ", " +
                     counted(preflight.plugins.instances.size(), "plugin instance") + "\n";
  for (const ReadyInstance& instance : preflight.plugins.instances) {
    text += "  " + instance.kind + "." + instance.name + ": " + std::string(instance.plugin->name()) + " " +
            std::string(instance.plugin->version()) + ", " + instance.plugin->path + "\n";
  }
  return text;
}

}  // namespace stator
