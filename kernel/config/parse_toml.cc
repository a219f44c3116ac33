#include <exception>
#include <sstream>

#include <toml++/toml.h>

#include "kernel/config/setting.h"

namespace stator {
namespace {

std::string describe(const toml::node& node) {
  std::ostringstream text;
  if (const auto* date = node.as_date()) text << "the date " << *date;
  if (const auto* time = node.as_time()) text << "the time " << *time;
  if (const auto* moment = node.as_date_time()) text << "the time " << *moment;
  if (const auto* fraction = node.as_floating_point()) text << "the fraction " << *fraction;
  return text.str();
}

/// Recursion is bounded by the parser, which refuses what is nested deeper than 256.
Setting convert(const toml::node& node, const std::string& source) {
  Setting setting{{source, static_cast<int>(node.source().begin.line)}, {}, {}};
  if (const toml::table* table = node.as_table()) {
    Setting::Table entries;
    for (const auto& [key, value] : *table) entries.emplace(std::string(key.str()), convert(value, source));
    setting.value = std::move(entries);
  } else if (const toml::array* array = node.as_array()) {
    Setting::List elements;
    for (const toml::node& element : *array) elements.push_back(convert(element, source));
    setting.value = std::move(elements);
  } else if (const auto* text = node.as_string()) {
    setting.value = text->get();
  } else if (const auto* integer = node.as_integer()) {
    setting.value = integer->get();
  } else if (const auto* flag = node.as_boolean()) {
    setting.value = flag->get();
  } else {
    setting.value = Setting::Other{describe(node)};
  }
  return setting;
}

}  // namespace

Setting parse_toml(std::string_view text, const std::string& source, Problems& problems) {
  try {
    return convert(toml::parse(text), source);
  } catch (const toml::parse_error& error) {
    Position where{source, static_cast<int>(error.source().begin.line)};
    problems.push_back({where, "", "a mistake in the TOML: " + std::string(error.description()), "", ""});
  } catch (const std::exception& error) {
    problems.push_back({{source, 0}, "", std::string("a text that is no TOML: ") + error.what(), "", ""});
  }
  return Setting{{source, 0}, Setting::Table{}, {}};
}

Setting parse_value(std::string_view text, const Position& where) {
  Setting setting{where, std::string(text), std::string(text)};
  // A line break would let one override smuggle in a second key.
  if (text.find_first_of("\r\n") != std::string_view::npos) return setting;
  try {
    Setting parsed = convert(*toml::parse("value = " + std::string(text)).get("value"), where.source);
    if (auto* elements = std::get_if<Setting::List>(&parsed.value)) {
      for (Setting& element : *elements) element.where = where;
    }
    if (!parsed.is_table() && !std::holds_alternative<Setting::Other>(parsed.value)) setting.value = parsed.value;
  } catch (const std::exception&) {
    // Not TOML: taken as the text it is.
  }
  return setting;
}

}  // namespace stator
