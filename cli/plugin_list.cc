#include <filesystem>
#include <ostream>

#include "cli/answer.h"
#include "cli/own_path.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "kernel/plugins/loader.h"

namespace stator::cli {
namespace {

/// The plugins of a directory as a node's /admin/plugins would show them; a file that is refused has an "error"
/// instead.
Json plugins_in(const std::string& directory) {
  Loader loader({directory});
  Json plugins = Json::array();
  for (const Loader::Candidate& candidate : loader.candidates()) {
    Json entry{{"kind", candidate.kind}, {"name", candidate.name}};
    const auto plugin = loader.load(candidate.kind, candidate.name);
    if (plugin.is_ok()) {
      entry["version"] = (*plugin)->version();
      entry["interface"] = (*plugin)->descriptor->interface_id;
      entry["capabilities"] = (*plugin)->capabilities();
    } else {
      entry["error"] = plugin.status().message();
    }
    entry["path"] = candidate.path;
    plugins.push_back(std::move(entry));
  }
  return plugins;
}

/// An array of names, or one string, as "a, b".
std::string joined(const Json& names) {
  if (!names.is_array()) {
    return names.is_string() ? names.get<std::string>() : "";
  }
  std::string text;
  for (const Json& name : names) {
    text += (text.empty() ? "" : ", ") + (name.is_string() ? name.get<std::string>() : name.dump());
  }
  return text;
}

void print(const Json& plugins, bool of_node, Terminal& terminal) {
  std::vector<Table::Column> columns{{"file"}, {"kind"}, {"name"}, {"version"}, {"interface"}, {"capabilities"}};
  if (of_node) {
    columns.push_back({"instances"});
  }
  Table table(std::move(columns));
  for (const Json& plugin : plugins) {
    if (plugin.contains("error")) {
      terminal.err << "stator: refused: " << field_text(plugin, "error") << '\n';
      continue;
    }
    std::vector<std::string> row{std::filesystem::path(field_text(plugin, "path")).filename()};
    for (const char* name : {"kind", "name", "version", "interface"}) {
      row.push_back(field_text(plugin, name));
    }
    row.push_back(joined(field(plugin, "capabilities")));
    if (of_node) {
      row.push_back(joined(field(plugin, "instances")));
    }
    table.add(std::move(row));
  }
  table.print(terminal.out);
}

Result<Json> plugins_of(const PluginListOptions& options) {
  if (options.node) {
    const auto page = fetch_json(*options.node, "/admin/plugins");
    return page.is_ok() ? Result<Json>(field(*page, "plugins")) : page.status();
  }
  const std::string directory =
      options.directory.empty() ? own_directory() + "/../lib/stator/plugins" : options.directory;
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return Status(Code::not_found, directory + ": no such directory");
  }
  return plugins_in(std::filesystem::weakly_canonical(directory, error).string());
}

}  // namespace

ExitCode run(const PluginListOptions& options, Terminal& terminal) {
  const auto plugins = plugins_of(options);
  if (!plugins.is_ok()) {
    return fail(terminal, plugins.status());
  }
  if (options.json) {
    terminal.out << Json{{"plugins", *plugins}}.dump() << '\n';
  } else {
    print(*plugins, options.node.has_value(), terminal);
  }
  for (const Json& plugin : *plugins) {
    if (plugin.contains("error")) {
      return ExitCode::failed;
    }
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
