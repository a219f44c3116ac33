#pragma once

#include <string>
#include <variant>
#include <vector>

namespace stator {

/// sysexits.h: what statord ends with when its command line, or its configuration, is wrong.
inline constexpr int kUsageStatus = 64;
inline constexpr int kConfigStatus = 78;

/// What statord was asked to do.
struct CommandLine {
  std::string config = "cluster.toml";
  std::string node_id;            ///< empty only with `check`
  bool check = false;             ///< examine the configuration and the plugins, and end
  std::vector<std::string> sets;  ///< each "keyspace.default.r=1"
};

/// There is nothing to run: print `text`, to standard error if the status is not 0, and end.
struct Exit {
  int status = 0;
  std::string text;
};

/// `arguments` without the program's name. Pure.
std::variant<CommandLine, Exit> parse_command_line(const std::vector<std::string>& arguments);

/// "statord 0.1.0" and the toolchain that plugins must match.
std::string version_text();

}  // namespace stator
