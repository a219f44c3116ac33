#include "kernel/node/command_line.h"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "stator/plugin.h"

#ifndef STATOR_VERSION
#error "the build names the version"
#endif

namespace stator {
namespace {

constexpr const char* kDescription =
    "statord, one node of a Stator cluster. The configuration describes the whole cluster; every node reads the same "
    "file.";
constexpr const char* kFooter =
    "Environment: STATOR__KEYSPACE__DEFAULT__R=1 is the same as --set keyspace.default.r=1, which has the last word.\n"
    "Signals: SIGTERM and SIGINT drain and end; SIGHUP reads again what can change while running.\n"
    "Status: 0 after a clean end, 64 for a wrong command line, 78 for a wrong configuration or plugin.";

}  // namespace

std::string version_text() {
  return std::string("statord ") + STATOR_VERSION + "\ntoolchain: " + STATOR_TOOLCHAIN + "\n";
}

std::variant<CommandLine, Exit> parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  CLI::App app(kDescription, "statord");
  app.footer(kFooter);
  app.add_option("--config", line.config, "the cluster's TOML file")->capture_default_str();
  app.add_option("--node-id", line.node_id, "which [[node]] of the file this process is");
  app.add_flag("--check", line.check, "examine the configuration and its plugins, open nothing, and end");
  app.add_option("--set", line.sets, "KEY=VALUE: override one value of the file; may be repeated")
      ->expected(1)
      ->take_all();
  app.set_version_flag("--version", version_text());
  try {
    // CLI11 takes them last first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return Exit{0, app.help()};
  } catch (const CLI::CallForVersion&) {
    return Exit{0, version_text()};
  } catch (const CLI::Error& error) {
    return Exit{kUsageStatus, std::string("statord: ") + error.what() + "\nTry statord --help.\n"};
  }
  if (line.node_id.empty() && !line.check) {
    return Exit{kUsageStatus, "statord: --node-id is required: which [[node]] of " + line.config + " is this?\n"};
  }
  return line;
}

}  // namespace stator
