#include "kernel/config/overrides.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "kernel/config/suggestion.h"

namespace stator {
namespace {

constexpr std::string_view kPrefix = "STATOR__";

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (true) {
    std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

std::string joined(const std::vector<std::string>& path, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ".") + path[i];
  return text;
}

/// Whether the tables below this top-level key have names that users choose.
bool holds_named_tables(std::string_view top) {
  static const std::set<std::string_view> kNamed{"keyspace", "membership", "node", "resolver", "storage", "transport"};
  return kNamed.contains(top);
}

std::vector<std::string> names_in(const Setting& setting) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : setting.table()) names.push_back(name);
  for (const Setting& element : setting.list()) {
    const Setting* id = element.find("id");
    if (id != nullptr && id->text() != nullptr) names.push_back(*id->text());
  }
  return names;
}

/// The element of a list of tables that `name` means: its id, or its place.
Setting* element_of(Setting::List& elements, const std::string& name) {
  for (Setting& element : elements) {
    const Setting* id = element.find("id");
    if (id != nullptr && id->text() != nullptr && *id->text() == name) return &element;
  }
  std::size_t place = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), place);
  bool number = error == std::errc() && end == name.data() + name.size();
  return number && place < elements.size() ? &elements[place] : nullptr;
}

/// The setting below `at` that path[depth] names, made if it may be; null if it is not there and may not be made.
Setting* descend(Setting& at, const Override& override, std::size_t depth) {
  const std::string& name = override.path[depth];
  if (auto* elements = std::get_if<Setting::List>(&at.value)) return element_of(*elements, name);
  auto* table = std::get_if<Setting::Table>(&at.value);
  if (table == nullptr) return nullptr;
  auto found = table->find(name);
  if (found != table->end()) return &found->second;
  bool last = depth + 1 == override.path.size();
  if (!last && depth == 1 && holds_named_tables(override.path[0])) return nullptr;
  return &table->emplace(name, Setting{{override.source, 0}, Setting::Table{}, {}}).first->second;
}

void apply(const Override& override, Setting& document, Problems& problems) {
  Setting* at = &document;
  for (std::size_t depth = 0; depth < override.path.size(); ++depth) {
    Setting* below = descend(*at, override, depth);
    if (below == nullptr) {
      std::vector<std::string> names = names_in(*at);
      problems.push_back({{override.source, 0},
                          joined(override.path, depth + 1),
                          "a name that the file does not have",
                          one_of(names),
                          suggestion(override.path[depth], names)});
      return;
    }
    at = below;
  }
  *at = parse_value(override.value, {override.source, 0});
}

}  // namespace

void add_set_override(const std::string& typed, std::vector<Override>& overrides, Problems& problems) {
  std::size_t equals = typed.find('=');
  std::vector<std::string> path = split(std::string_view(typed).substr(0, equals), ".");
  bool empty_part = std::find(path.begin(), path.end(), "") != path.end();
  if (equals == std::string::npos || empty_part) {
    problems.push_back({{"--set " + typed, 0}, "", "\"" + typed + "\"", "KEY=VALUE, as in keyspace.default.r=1", ""});
    return;
  }
  overrides.push_back({"--set " + typed.substr(0, equals), std::move(path), typed.substr(equals + 1)});
}

std::vector<Override> environment_overrides(const std::vector<std::string>& environment) {
  std::vector<Override> overrides;
  for (const std::string& entry : environment) {
    std::size_t equals = entry.find('=');
    if (!entry.starts_with(kPrefix) || equals == std::string::npos) continue;
    std::string name = entry.substr(kPrefix.size(), equals - kPrefix.size());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    overrides.push_back({entry.substr(0, equals), split(name, "__"), entry.substr(equals + 1)});
  }
  std::sort(overrides.begin(), overrides.end(), [](const Override& a, const Override& b) { return a.path < b.path; });
  return overrides;
}

void apply_overrides(const std::vector<Override>& overrides, Setting& document, Problems& problems) {
  for (const Override& override : overrides) apply(override, document, problems);
}

}  // namespace stator
