#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/verbs.h"

namespace stator::cli {

/// What `stator plugin check --json` says.
struct Checked {
  ExitCode code = ExitCode::ok;
  std::map<std::string, std::vector<std::string>> by_outcome;  ///< the checks' names; no empty ones
  std::vector<std::string> details;                            ///< of what did not pass
  std::string said;                                            ///< on stderr
};

Checked check(PluginCheckOptions options);

/// Where the liar stator_<name>.so is.
std::string liar(const std::string& name);

}  // namespace stator::cli
