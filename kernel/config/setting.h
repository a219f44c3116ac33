#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/config/problem.h"

namespace stator {

/// One value as it was typed, and where: the configuration before anybody gave it a meaning. What is not a table, list,
/// text, integer or boolean (dates, fractions) has no use here and is kept as `Other`, to be named in a message.
struct Setting {
  struct Other {
    std::string what;  ///< "the date 2024-01-01"
  };
  using List = std::vector<Setting>;
  using Table = std::map<std::string, Setting, std::less<>>;

  Position where;
  std::variant<Table, List, std::string, std::int64_t, bool, Other> value;
  /// Of an override: the text behind the `=`, so that `--set cluster.id=17` may mean text. Empty in files.
  std::string raw;

  bool is_table() const { return std::holds_alternative<Table>(value); }
  /// The text, if the value is one; else null.
  const std::string* text() const { return std::get_if<std::string>(&value); }
  /// The tables and lists below are empty ones when the value is something else. Live as long as this setting.
  const Table& table() const;
  const List& list() const;
  /// The setting under the key; null if absent or this is no table.
  const Setting* find(std::string_view key) const;
  /// For messages: `"fast"`, `5`, `true`, "a table", "a list".
  std::string shown() const;
};

/// Where the value at `path` stands; where its nearest existing parent stands if it was not typed at all.
Position position_of(const Setting& document, const std::vector<std::string>& path);

/// TOML text as settings. On a syntax error an empty table, and the one problem that stopped it. Any bytes will do as
/// text.
Setting parse_toml(std::string_view text, const std::string& source, Problems& problems);

/// The text behind the `=` of an override: TOML if it is a text, integer, boolean or list in TOML, and else text as it
/// stands.
Setting parse_value(std::string_view text, const Position& where);

}  // namespace stator
