#include "checked.h"

#include <sstream>

#include <nlohmann/json.hpp>

namespace stator::cli {

using Json = nlohmann::json;

Checked check(PluginCheckOptions options) {
  options.json = true;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err};
  Checked checked;
  checked.code = run(options, terminal);
  checked.said = err.str();
  const Json json = Json::parse(out.str(), nullptr, false);
  if (!json.is_object()) return checked;
  for (const Json& entry : json["checks"]) {
    checked.by_outcome[entry["outcome"]].push_back(entry["name"]);
    if (entry["outcome"] == "passed") continue;
    for (const Json& detail : entry["details"]) checked.details.push_back(detail);
  }
  return checked;
}

std::string liar(const std::string& name) { return TEST_LIARS "/stator_" + name + ".so"; }

}  // namespace stator::cli
