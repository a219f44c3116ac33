#include "tests/cluster/shown_values.h"

#include <absl/strings/escaping.h>

namespace stator::cluster {

HttpAnswer get_json(HttpClient& client, const std::string& target) {
  return client.send({"GET", target, {{"Accept", "application/json"}}, {}});
}

std::optional<std::set<std::string>> values_of(const HttpAnswer& answer) {
  std::set<std::string> values;
  if (answer.status == 404) return values;
  const nlohmann::json json = answer.json();
  if (answer.status != 200 || !json.is_object()) return std::nullopt;
  const auto add = [&](const nlohmann::json& holder) {
    std::string value;
    const auto at = holder.find("valueBase64");
    const bool there = at != holder.end() && at->is_string();
    if (there && absl::Base64Unescape(at->get<std::string>(), &value)) values.insert(value);
  };
  if (json.contains("siblings")) {
    for (const nlohmann::json& sibling : json["siblings"]) add(sibling);
  } else {
    add(json);
  }
  return values;
}

}  // namespace stator::cluster
