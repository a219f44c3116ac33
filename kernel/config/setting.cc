#include "kernel/config/setting.h"

namespace stator {
namespace {

/// One line of bounded length, whatever the text holds.
std::string quoted(const std::string& text) {
  constexpr std::size_t kMost = 80;
  constexpr const char* kDigits = "0123456789abcdef";
  std::string shown;
  for (char each : text.substr(0, kMost)) {
    auto byte = static_cast<unsigned char>(each);
    bool control = byte < 0x20 || byte == 0x7f;
    shown += control ? std::string("\\x") + kDigits[byte >> 4] + kDigits[byte & 15] : std::string(1, each);
  }
  return "\"" + shown + (text.size() > kMost ? "\"…" : "\"");
}

}  // namespace

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
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
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
