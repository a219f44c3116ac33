#include "kernel/plugins/option_check.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

#include "kernel/config/suggestion.h"
#include "kernel/config/units.h"

namespace stator {
namespace {

using Read = std::optional<Config::Value> (*)(const Setting&);

/// What stands there as text; an override needs no quotes.
std::optional<std::string> as_text(const Setting& setting) {
  if (setting.text() != nullptr) return *setting.text();
  if (!setting.raw.empty()) return setting.raw;
  return std::nullopt;
}

std::optional<Config::Value> read_string(const Setting& setting) {
  auto text = as_text(setting);
  if (!text) return std::nullopt;
  return *text;
}

std::optional<Config::Value> read_integer(const Setting& setting) {
  const auto* integer = std::get_if<std::int64_t>(&setting.value);
  if (integer == nullptr) return std::nullopt;
  return *integer;
}

std::optional<Config::Value> read_flag(const Setting& setting) {
  const auto* flag = std::get_if<bool>(&setting.value);
  if (flag == nullptr) return std::nullopt;
  return *flag;
}

std::optional<Config::Value> read_duration(const Setting& setting) {
  auto text = as_text(setting);
  auto duration = text ? parse_duration(*text) : std::nullopt;
  if (!duration) return std::nullopt;
  return *duration;
}

std::optional<Config::Value> read_bytes(const Setting& setting) {
  if (const auto* integer = std::get_if<std::int64_t>(&setting.value)) {
    return *integer >= 0 ? std::optional<Config::Value>(*integer) : std::nullopt;
  }
  auto bytes = setting.text() != nullptr ? parse_byte_count(*setting.text()) : std::nullopt;
  if (!bytes) return std::nullopt;
  return static_cast<std::int64_t>(*bytes);
}

std::optional<Config::Value> read_list(const Setting& setting) {
  if (!std::holds_alternative<Setting::List>(setting.value)) return std::nullopt;
  std::vector<std::string> texts;
  for (const Setting& element : setting.list()) {
    if (element.text() == nullptr) return std::nullopt;
    texts.push_back(*element.text());
  }
  return texts;
}

std::optional<Config::Value> read_file(const Setting& setting) {
  const auto path = as_text(setting);
  if (!path) return std::nullopt;
  std::ifstream file(*path, std::ios::binary);
  std::ostringstream text;
  const bool read = file && (file.peek() == std::ifstream::traits_type::eof() || text << file.rdbuf()) && !file.bad();
  if (!read) return std::nullopt;
  return ConfigFile{*path, text.str()};
}

struct Type {
  std::string_view name;
  Read read;
  const char* form;  ///< for messages
};

constexpr Type kTypes[] = {{"string", read_string, "a text"},
                           {"int", read_integer, "a whole number"},
                           {"bool", read_flag, "true or false"},
                           {"duration", read_duration, kDurationForm},
                           {"bytes", read_bytes, kByteCountForm},
                           {"list", read_list, "a list of texts"},
                           {"file", read_file, "the path of a file that can be read"}};

const Type* find_type(std::string_view name) {
  for (const Type& type : kTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

/// The declared default, which is written as in TOML but without quotes: what is no text by type is read as TOML.
Setting default_setting(const stator_option& option, const Type& type, const Position& where) {
  Setting setting = parse_value(option.default_value, where);
  if (type.name == "string" || type.name == "file") setting.value = std::string(option.default_value);
  return setting;
}

std::vector<std::string> declared_keys(const stator_option* declared) {
  std::vector<std::string> keys;
  for (const stator_option* option = declared; option != nullptr && option->key != nullptr; ++option) {
    keys.emplace_back(option->key);
  }
  return keys;
}

/// The value of one option; absent after a problem was told.
std::optional<Config::Value> read_option(const stator_option& option, const Setting& table, const std::string& key,
                                         Problems& problems) {
  const Type* type = find_type(option.type != nullptr ? option.type : "");
  if (type == nullptr) {
    problems.push_back({table.where, key, "an option that its plugin declares with an unknown type", "", ""});
    return std::nullopt;
  }
  const Setting* typed = table.find(option.key);
  if (typed == nullptr && option.default_value == nullptr) {
    std::string help = option.help != nullptr && *option.help != '\0' ? std::string(" (") + option.help + ")" : "";
    problems.push_back({table.where, key, "nothing", type->form + help, ""});
    return std::nullopt;
  }
  Setting setting = typed != nullptr ? *typed : default_setting(option, *type, table.where);
  std::optional<Config::Value> value = type->read(setting);
  if (!value) problems.push_back({setting.where, key, setting.shown(), type->form, ""});
  return value;
}

}  // namespace

CheckedOptions check_options(const stator_option* declared, const Setting& table, const std::string& kind,
                             const std::string& instance) {
  CheckedOptions checked;
  std::map<std::string, Config::Value, std::less<>> values;
  std::vector<std::string> keys = declared_keys(declared);
  std::string prefix = kind + "." + instance + ".";
  for (const auto& [key, setting] : table.table()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    checked.problems.push_back({setting.where, prefix + key, "an option that the plugin does not declare", one_of(keys),
                                suggestion(key, keys)});
  }
  for (const stator_option* option = declared; option != nullptr && option->key != nullptr; ++option) {
    auto value = read_option(*option, table, prefix + option->key, checked.problems);
    if (value) values.emplace(option->key, std::move(*value));
  }
  checked.config = Config(instance, std::move(values));
  return checked;
}

Result<Config> check_given_options(const Plugin& plugin, const std::vector<std::string>& given,
                                   const std::string& instance) {
  Setting::Table table;
  for (const std::string& option : given) {
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string::npos)
      return Status(Code::invalid_argument, "--option " + option + " is not of the form KEY=VALUE");
    Position where;
    where.source = "--option " + option.substr(0, equals);
    table.insert_or_assign(option.substr(0, equals), parse_value(option.substr(equals + 1), where));
  }
  Setting setting;
  setting.value = std::move(table);
  CheckedOptions checked = check_options(plugin.descriptor->options, setting, plugin.kind, instance);
  if (!checked.problems.empty()) return Status(Code::invalid_argument, report(checked.problems));
  return std::move(checked.config);
}

}  // namespace stator
