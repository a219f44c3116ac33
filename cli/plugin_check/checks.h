#pragma once

#include <vector>

#include "cli/plugin_check/check.h"
#include "cli/plugin_check/trial.h"

namespace stator::cli {

/// What every plugin must do, whatever its kind: be a plugin, say what it is, start nothing that it was not asked for.
std::vector<Check> library_checks(const Subject& subject);
/// The laws of the subject's kind; none for a kind that has none.
std::vector<Check> law_checks(const Subject& subject);

}  // namespace stator::cli
