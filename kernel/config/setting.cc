#include "kernel/config/setting.h"

namespace stator {

const Setting::Table& Setting::table() const {
  static const Table kNone;
  const auto* held = std::get_if<Table>(&value);
  return held != nullptr ? *held : kNone;
}

const Setting::List& Setting::list() const {
  static const List kNone;
  const auto* held = std::get_if<List>(&value);
  return held != nullptr ? *held : kNone;
}

const Setting* Setting::find(std::string_view key) const {
  auto at = table().find(key);
  return at != table().end() ? &at->second : nullptr;
}

std::string Setting::shown() const {
  if (const auto* text = std::get_if<std::string>(&value)) return "\"" + *text + "\"";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* other = std::get_if<Other>(&value)) return other->what;
  return is_table() ? "a table" : "a list";
}

Position position_of(const Setting& document, const std::vector<std::string>& path) {
  const Setting* at = &document;
  for (const std::string& key : path) {
    const Setting* below = at->find(key);
    if (below == nullptr) break;
    at = below;
  }
  return at->where;
}

}  // namespace stator
