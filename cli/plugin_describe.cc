#include <filesystem>
#include <ostream>

#include "cli/answer.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "kernel/plugins/loader.h"

namespace stator::cli {
namespace {

std::string text_of(const char* text) { return text != nullptr ? text : ""; }

Json described(const Plugin& plugin) {
  Json options = Json::array();
  for (const stator_option* option = plugin.descriptor->options; option != nullptr && option->key != nullptr;
       ++option) {
    Json entry{{"key", option->key}, {"type", text_of(option->type)}, {"help", text_of(option->help)}};
    entry["default"] = option->default_value != nullptr ? Json(option->default_value) : Json();
    options.push_back(std::move(entry));
  }
  return {{"kind", plugin.kind},
          {"name", plugin.name()},
          {"version", plugin.version()},
          {"interface", plugin.descriptor->interface_id},
          {"capabilities", plugin.capabilities()},
          {"toolchain", plugin.descriptor->toolchain},
          {"options", options}};
}

void print(const Json& plugin, Terminal& terminal) {
  std::string capabilities;
  for (const Json& name : plugin["capabilities"])
    capabilities += (capabilities.empty() ? "" : ", ") + name.get<std::string>();
  terminal.out << field_text(plugin, "kind") << ' ' << field_text(plugin, "name") << ' '
               << field_text(plugin, "version") << ", " << field_text(plugin, "interface") << '\n'
               << "capabilities: " << (capabilities.empty() ? "none" : capabilities) << '\n';
  if (plugin["options"].empty()) {
    terminal.out << "It has no options.\n";
    return;
  }
  Table table({{"option"}, {"type"}, {"default"}, {"meaning"}});
  for (const Json& option : plugin["options"]) {
    const bool required = option["default"].is_null();
    table.add({field_text(option, "key"), field_text(option, "type"),
               required ? "(required)" : field_text(option, "default"), field_text(option, "help")});
  }
  table.print(terminal.out);
}

}  // namespace

ExitCode run(const PluginDescribeOptions& options, Terminal& terminal) {
  std::error_code error;
  Loader loader({});
  const auto plugin = loader.load_file(std::filesystem::weakly_canonical(options.file, error).string());
  if (!plugin.is_ok()) return fail(terminal, plugin.status());
  const Json json = described(**plugin);
  if (options.json) {
    terminal.out << json.dump() << '\n';
  } else {
    print(json, terminal);
  }
  return ExitCode::ok;
}

}  // namespace stator::cli
