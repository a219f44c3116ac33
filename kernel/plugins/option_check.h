#pragma once

#include <string>

#include "kernel/config/problem.h"
#include "kernel/config/setting.h"
#include "stator/config.h"
#include "stator/plugin.h"

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

}  // namespace stator
