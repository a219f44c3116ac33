#pragma once

#include <string>
#include <vector>

#include "kernel/config/setting.h"

namespace stator {

/// One value put in place of the file's: by `--set keyspace.default.r=1`, or by the environment variable
/// `STATOR__KEYSPACE__DEFAULT__R=1`. Later ones win; the command line comes after the environment.
struct Override {
  std::string source;  ///< "--set keyspace.default.r": what was typed, without the value, which may be a secret
  std::vector<std::string> path;  ///< "keyspace", "default", "r". A `[[node]]` goes by its id, or by its place from 0
  std::string value;
};

/// From `keyspace.default.r=1`. A problem if it is not of the form KEY=VALUE.
void add_set_override(const std::string& typed, std::vector<Override>& overrides, Problems& problems);

/// From the environment's "NAME=VALUE" entries: those that start with `STATOR__`, names lower-cased, ascending by name.
std::vector<Override> environment_overrides(const std::vector<std::string>& environment);

/// Puts the values into the document. Tables that have a name (`[keyspace.NAME]`, `[[node]]` …) must be there already:
/// a mistyped name makes a problem and not a second keyspace.
void apply_overrides(const std::vector<Override>& overrides, Setting& document, Problems& problems);

}  // namespace stator
