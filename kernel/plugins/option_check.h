#pragma once

#include <string>
#include <vector>

#include "kernel/config/problem.h"
#include "kernel/config/setting.h"
#include "kernel/plugins/plugin.h"
#include "stator/config.h"
#include "stator/plugin.h"
#include "stator/status.h"

namespace stator {

/// An instance's options as its plugin will read them; complete only without problems.
struct CheckedOptions {
  Config config;
  Problems problems;
};

/// Holds an instance's table against what its plugin declares: types and units are read, defaults filled in, required
/// options demanded, undeclared ones told with what was probably meant. `kind` and `instance` name the table in
/// messages. Pure.
CheckedOptions check_options(const stator_option* declared, const Setting& table, const std::string& kind,
                             const std::string& instance);

/// The same of options that stand on a command line, each as it would stand in the table: "segment_bytes=4KiB".
/// invalid_argument with all that is wrong with them.
Result<Config> check_given_options(const Plugin& plugin, const std::vector<std::string>& given,
                                   const std::string& instance);

}  // namespace stator
